from route112.model import Scenario, UtcTime


def test_the_length_of_an_evening():
    evening = Scenario(
        name="evening",
        title="An evening",
        starts=UtcTime(1_000_000),
        ends=UtcTime(91_500_000),
        seed=1,
        calls=1,
        profile=((0.0, 1.0),),
        numbers=(("112", 1.0),),
        operators=(("bruyere", 1.0),),
    )
    assert evening.length_s == 90.5
    assert (evening.faults, evening.wirings, evening.published) == ((), (), None)
