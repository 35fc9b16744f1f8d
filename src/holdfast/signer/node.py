"""One signer: bytes in, bytes out. Whatever carries the bytes is a transport and knows nothing of their meaning."""

import contextlib
import hashlib
import threading
from collections.abc import Callable, Generator
from typing import Any

import structlog

from holdfast.authority import EVERYONE, Envelope, Genesis, Header, Roster, seal_envelope
from holdfast.clock import Clock
from holdfast.encoding import Canonical, EncodingError, EncodingVersionUnknown, decode_one_of
from holdfast.errors import HoldfastError
from holdfast.policy import Policy
from holdfast.signer import messages, proposal_messages
from holdfast.signer.adoption import adopt_checkpoint, adopt_freeze, adopt_lift, adopt_list, show_freeze
from holdfast.signer.ceremony import Ceremonies
from holdfast.signer.enrolment import Enrolments
from holdfast.signer.errors import RequestUnknown, SignerInternalFault
from holdfast.signer.home import SignerHome
from holdfast.signer.ownership import Ownerships
from holdfast.signer.proposals import Proposals
from holdfast.signer.records import freezes_in_force, last_cosigned, newest_list_number
from holdfast.signer.rosters import Rosters
from holdfast.signer.signing import Signings
from holdfast.signer.vaults import Vaults
from holdfast.store import transaction

log = structlog.get_logger()

Handler = Callable[[Any], tuple[Envelope, ...]]
"""Answers one kind of request with this signer's letters."""


def _one_line(message: str) -> str:
    """A refusal's text with whatever a request may have smuggled into it made visible: it is for people's terminals."""
    shown = (character if character.isprintable() else f"\\u{ord(character):04x}" for character in message)
    return "".join(shown)[: messages.MAX_MESSAGE_CHARACTERS]


class SignerNode:
    """A signer at work on its own folder, judging every request by what it pins itself."""

    def __init__(self, home: SignerHome, clock: Clock) -> None:
        self.home = home
        self.clock = clock
        self.genesis: Genesis
        self.policy: Policy
        self.genesis, self.policy = home.pinned()
        vaults = Vaults(home, self.genesis)
        self.rosters = Rosters(home, self.genesis)
        self.signings = Signings(home, self.genesis, self.policy, self.rosters, vaults, clock)
        self.ceremonies = Ceremonies(home, self.genesis, self.rosters, vaults, self.signings, clock)
        self.proposals = Proposals(home, self.genesis, self.policy, self.rosters, self.signings, clock)
        self.enrolments = Enrolments(home, self.genesis, self.rosters, clock)
        self.ownerships = Ownerships(home, self.genesis, vaults, self.signings, clock)
        self._handlers = self._every_handler()
        # One request at a time: the caps, bindings and nonces of one signer have one order.
        self._lock = threading.Lock()

    @property
    def roster(self) -> Roster:
        """The roster in force."""
        return self.rosters.current

    def respond(self, request: bytes) -> bytes:
        """Answer one request. Every refusal is an answer too: signed, with its stable code."""
        try:
            with self._lock:
                letters = self._answer(request)
            return messages.Reply(letters, None).encoded()
        except HoldfastError as refusal:
            return self._refuse(request, refusal)
        # A fault of ours must not sign, must not crash the server, and must not carry its text outside.
        except Exception as fault:  # noqa: BLE001
            # No traceback: its frames hold requests, and could hold more.
            log.error("signer.internal_fault", fault=type(fault).__name__, signer=self.home.identity.name)  # noqa: TRY400
            return self._refuse(request, SignerInternalFault(f"internal fault: {type(fault).__name__}"))

    def _refuse(self, request: bytes, refusal: HoldfastError) -> bytes:
        log.info("signer.refused", code=refusal.code, signer=self.home.identity.name)
        body = messages.Refusal(refusal.code, _one_line(str(refusal)))
        session = hashlib.sha256(request).digest()
        return messages.Reply((), self._letter(body, session, 0, 0)).encoded()

    def _letter(self, body: Canonical, session: bytes, round_: int, epoch: int) -> Envelope:
        header = Header(self.home.identity.name, EVERYONE, session, round_, epoch)
        return seal_envelope(header, body.encoded(), self.home.keys.signing)

    def _every_handler(self) -> dict[type[Canonical], Handler]:
        """Everything that may be asked, and who answers it."""
        home, genesis, now_s = self.home, self.genesis, self.clock.now_s
        return {
            messages.StatusRequest: lambda asked: (self._letter(self.status(), asked.nonce, 0, 0),),
            messages.SigningRequest: self.signings.begin,
            messages.SigningFinish: self.signings.finish,
            messages.KeygenBegin: self.ceremonies.begin,
            messages.KeygenExchange: self.ceremonies.exchange,
            messages.KeygenFinish: self.ceremonies.finish,
            messages.KeygenTestBegin: self.ceremonies.test,
            messages.KeygenActivate: self._done_after(self.ceremonies.activate),
            messages.FreezeRequest: self._done_after(self._freeze),
            messages.LiftRequest: self._done_after(self._lift),
            messages.FreezeShow: lambda asked: (self._letter(show_freeze(home, asked), asked.digest(), 0, 0),),
            messages.EpochsShow: self.ownerships.show,
            messages.OwnershipRequest: self.ownerships.begin,
            messages.ListRequest: self._done_after(lambda asked: adopt_list(home, genesis, asked, now_s())),
            messages.CosignRequest: lambda asked: (
                self._letter(adopt_checkpoint(home, genesis, asked, now_s()), asked.digest(), 0, 0),
            ),
            **self._people_handlers(),
        }

    def _people_handlers(self) -> dict[type[Canonical], Handler]:
        """What is asked for people's sake: proposals, approvals, rosters, invitations."""
        proposals, enrolments = self.proposals, self.enrolments
        return {
            proposal_messages.IntentProposal: self._done_after(proposals.propose),
            proposal_messages.RosterProposal: self._done_after(proposals.propose),
            proposal_messages.LiftProposal: self._done_after(proposals.propose),
            proposal_messages.ApprovalsRequest: self._answer_with(proposals.exchange),
            proposal_messages.RosterRequest: self._ready,
            proposal_messages.RosterAdoption: self._done_after(
                lambda asked: self.rosters.adopt(asked, self.clock.now_s())
            ),
            proposal_messages.InvitationRequest: self._done_after(enrolments.invite),
            proposal_messages.CandidatesRequest: self._answer_with(enrolments.candidates),
        }

    def _ready(self, asked: proposal_messages.RosterRequest) -> tuple[Envelope, ...]:
        # Others are shown this letter: it is about the roster, not about the request of the moment.
        answer = self.rosters.ready(asked, self.clock.now_s())
        return (self._letter(answer, answer.roster, 0, 0),)

    def _freeze(self, asked: messages.FreezeRequest) -> None:
        adopt_freeze(self.home, self.genesis, self.roster, asked, self.clock.now_s())

    def _lift(self, asked: messages.LiftRequest) -> None:
        adopt_lift(self.home, self.genesis, self.roster, asked, self.clock.now_s())

    def freeze(self, request: messages.FreezeRequest) -> None:
        """Freeze by an officer's word that was given on this signer's own page.

        :raises AuthorityError: as for a freeze that the control plane hands on.
        """
        with self.at_work():
            self._freeze(request)

    @contextlib.contextmanager
    def at_work(self) -> Generator[None]:
        """The signer to oneself: one request or page at a time, so that its records have one order."""
        with self._lock:
            yield

    def _answer_with(self, act: Callable[[Any], Canonical]) -> Handler:
        return lambda asked: (self._letter(act(asked), asked.digest(), 0, 0),)

    def _done_after(self, act: Callable[[Any], None]) -> Handler:
        def answer(asked: Canonical) -> tuple[Envelope, ...]:
            act(asked)
            return (self._letter(messages.Done(), asked.digest(), 0, 0),)

        return answer

    def _answer(self, request: bytes) -> tuple[Envelope, ...]:
        try:
            asked = decode_one_of(request, self._handlers)
        except EncodingVersionUnknown:
            raise RequestUnknown("no request of this version") from None
        except EncodingError as fault:
            raise RequestUnknown(f"a malformed request: {fault}") from None
        return self._handlers[type(asked)](asked)

    def status(self) -> messages.Status:
        """What this signer pins and has seen."""
        with transaction(self.home.engine) as connection:
            return messages.Status(
                signer=self.home.identity.name,
                genesis=self.genesis.digest(),
                roster_version=self.roster.version,
                policy_version=self.policy.version,
                freezes=tuple(freezes_in_force(connection)[: messages.MAX_FREEZES_SAID]),
                screening_number=newest_list_number(connection),
                log_size=last_cosigned(connection)[0],
                now_s=self.clock.now_s(),
                keys=self.signings.vaults.active_keys(connection),
            )
