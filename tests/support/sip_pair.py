"""Two sans-I/O agents and the wire between them: time jumps, messages may get lost."""

import itertools

from route112.wire.sip import Agent, Invitation, Kind, Peer, Timers, parse_message

CALLER_HOST = "192.0.2.1"
CALLEE_HOST = "192.0.2.2"
ROUNDS_MAX = 10_000
OFFER = (
    b"v=0\r\no=x 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    b"m=audio 4000 RTP/AVP 8\r\n"
)
ANSWER = OFFER.replace(b"192.0.2.1", b"192.0.2.2").replace(b"4000", b"5000")


def make_peer(transport="udp", host=CALLEE_HOST, local=CALLER_HOST):
    return Peer(transport=transport, host=host, port=5060, local_host=local, local_port=5060)


class Pair:
    """A caller and a callee; `ladder` is what went over the wire, `lose` says what did not."""

    def __init__(self, transport="udp", timers=None):
        numbers = itertools.count()
        self.now_s = 0.0
        self.transport = transport
        self.ladder = []
        self.lose = lambda _line: False
        self.caller = Agent(lambda: f"a{next(numbers)}", timers=timers or Timers())
        self.callee = Agent(lambda: f"b{next(numbers)}", timers=timers or Timers())
        self.callee.answers_calls = True
        self.events = {self.caller: [], self.callee: []}
        self.call = None
        self.line = None

    def invite(self, **changes):
        fields = {
            "uri": "sip:+33261910015@192.0.2.2:5060",
            "caller": "sip:+999000001@192.0.2.1",
            "body": OFFER,
        } | changes
        peer = make_peer(self.transport)
        self.call = self.caller.invite(Invitation(**fields), peer, self.now_s)
        self.flow()
        return self.call

    def flow(self):
        """Carry messages until both are quiet."""
        for _ in range(ROUNDS_MAX):
            sent = [(self.caller, m) for m in self.caller.outgoing]
            sent += [(self.callee, m) for m in self.callee.outgoing]
            self.caller.outgoing, self.callee.outgoing = [], []
            for agent in (self.caller, self.callee):
                self.events[agent] += agent.events
                for event in agent.events:
                    if event.kind is Kind.INCOMING:
                        self.line = event.call
                agent.events = []
            if not sent:
                return
            for agent, message in sent:
                self._carry(agent, message)
        raise AssertionError("the agents never stop talking")

    def _carry(self, agent, outgoing):
        to_callee = agent is self.caller
        message = parse_message(outgoing.content)
        word = getattr(message, "method", None) or f"{message.code}/{message.cseq.method}"
        line = f"{'>' if to_callee else '<'} {word}"
        if self.lose(line):
            self.ladder.append(f"{line} lost")
            return
        self.ladder.append(line)
        receiver = self.callee if to_callee else self.caller
        host, local = (CALLER_HOST, CALLEE_HOST) if to_callee else (CALLEE_HOST, CALLER_HOST)
        receiver.receive(
            outgoing.content, make_peer(outgoing.peer.transport, host, local), self.now_s
        )

    def do(self, action, *arguments, **options):
        """Call a call's method now, and carry what follows."""
        action(self.now_s, *arguments, **options)
        self.flow()

    def pass_time(self, seconds):
        """Let time pass, from one due timer to the next."""
        end_s = self.now_s + seconds
        for _ in range(ROUNDS_MAX):
            due = [a.due_s for a in (self.caller, self.callee) if a.due_s is not None]
            if not due or min(due) > end_s:
                break
            self.now_s = max(self.now_s, min(due))
            self.caller.wake(self.now_s)
            self.callee.wake(self.now_s)
            self.flow()
        self.now_s = end_s

    def take(self):
        """Return the ladder so far and begin another one."""
        ladder, self.ladder = self.ladder, []
        return ladder

    def kinds(self, agent):
        return [event.kind for event in self.events[agent]]

    def talk(self, **changes):
        """Place a call that is answered at once."""
        self.invite(**changes)
        self.do(self.line.progress)
        self.do(self.line.answer, ANSWER)
        self.take()
