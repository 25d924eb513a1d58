"""Guess which column of an unknown table is what, by the words of its header and by its values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from models.errors import EncaisseError
from pipelines.intake.evidence import ISO, Values
from pipelines.intake.kinds import COLUMNS, NEEDED, Column, plain
from pipelines.intake.plans import Plan
from pipelines.settings import TableMapping

TAKES = {"money": ("amount", "empty", "text"), "date": ("date", "empty")}
PAYMENT_WORDS = ("reglement", "paiement", "payment", "encaissement", "receipt", "virement")
CREDIT_WORDS = ("avoir", "creditnote", "creditmemo")


class Guess(NamedTuple):
    """One thing that was found out about the file, and why."""

    what: str  # our name of a column, or a setting of the mapping
    value: str  # the header, or the value
    reason: str


@dataclass(frozen=True)
class Answers:
    """What the user said, because the file does not."""

    kind: str | None = None
    date_format: str | None = None
    decimal: Literal[",", "."] | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


class Guesser:
    """Finds a mapping for one table, noting each guess with its reason and each open question."""

    def __init__(self, whole: Plan, values: Values, answers: Answers) -> None:
        self.values, self.answers = values, answers
        self.guesses: list[Guess] = []
        self.questions: list[str] = []
        self.columns: dict[str, str] = {}  # our name: header
        self.delimiter = whole.below.part
        self.headers = list(whole.headers.values())
        positions = [whole.positions[name][0] for name in whole.headers]
        self.cells = {
            header: f"column_{position}"
            for header, position in zip(self.headers, positions, strict=True)
        }
        self.looks = {header: values.looks_like(cell) for header, cell in self.cells.items()}

    def mapping(self, pattern: str, container: str) -> TableMapping | None:
        """Return the mapping, or None where a question is open."""
        kind = self._kind()
        if kind is None:
            return None
        self._take_stated(kind)
        self._take_by_words(COLUMNS[kind])
        self._take_by_values(kind)
        date_format = self._date_format(kind)
        decimal = self._decimal(kind)
        if self.questions:
            return None
        reason = "the files that follow will be named like this one"
        self.guesses.append(Guess("files", pattern, reason))
        return TableMapping(
            files=(pattern,),
            kind=kind,  # type: ignore[arg-type]  # one of COLUMNS
            columns=self.columns,
            date_format=date_format,
            decimal=decimal,
            delimiter=self.delimiter if container == "csv" else None,
        )

    def _kind(self) -> str | None:
        """Tell what a row is."""
        if self.answers.kind:
            if self.answers.kind not in COLUMNS:
                raise EncaisseError(
                    f"There is no kind of table {self.answers.kind}.",
                    where="the kind that was stated",
                    fix=f"state one of {', '.join(COLUMNS)}",
                )
            return self._note("kind", self.answers.kind, "it was stated")
        found = {column.name: self._by_words(column, set()) for column in COLUMNS["invoices"]}
        has = {name for name, header in found.items() if header}
        if has & {"amount", "open_amount", "debit"} or "amount" in self.looks.values():
            return self._note("kind", *self._kind_of_document(has))
        customer = self._by_words(COLUMNS["customers"][1], set())
        if customer and not has & {"document_on", "due_on"}:
            reason = "there are customers, and neither amounts nor dates of documents"
            return self._note("kind", "customers", reason)
        self.questions.append(self._ask("kind", "No column of amounts was found.", COLUMNS))
        return None

    def _kind_of_document(self, has: set[str]) -> tuple[str, str]:
        """Tell what a row with an amount is, and why, from the columns that headers name."""
        names = [plain(header) for header in self.headers]
        if any(word in name for name in names for word in CREDIT_WORDS) and "due_on" not in has:
            return "credit_notes", "a header speaks of credit notes"
        if not has & {"due_on", "open_amount", "paid_amount"} and any(
            word in name for name in names for word in PAYMENT_WORDS
        ):
            return "payments", "the headers speak of payments, and of no due date"
        if "open_amount" in has and not has & {"settled_on", "paid_amount", "updated_on"}:
            return "open_items", "it says what is open, and not on which day the rest was paid"
        return "invoices", "each row is a document with its amount"

    def _note(self, what: str, value: str, reason: str) -> str:
        self.guesses.append(Guess(what, value, reason))
        return value

    def _take_stated(self, kind: str) -> None:
        known = {column.name for column in COLUMNS[kind]}
        for name, wanted in self.answers.columns.items():
            header = next((each for each in self.headers if plain(each) == plain(wanted)), None)
            if header is None or name not in known:
                raise EncaisseError(
                    f"The table has no column {wanted}."
                    if header is None
                    else f"A table of {kind} has no column {name}.",
                    where="the columns that were stated",
                    fix=f"state one of {', '.join(self.headers if header is None else known)}",
                )
            self._take(name, header, "it was stated")

    def _take_by_words(self, columns: tuple[Column, ...]) -> None:
        for column in columns:
            if column.name not in self.columns:
                header = self._by_words(column, set(self.columns.values()))
                if header:
                    self._take(column.name, header, "its header says so")

    def _by_words(self, column: Column, taken: set[str]) -> str | None:
        """Return the header that says this column, where its values do not speak against it."""
        free = {plain(header): header for header in reversed(self.headers) if header not in taken}
        for word in column.headers:
            if word in free and self.looks[free[word]] in TAKES.get(
                column.type, self.looks.values()
            ):
                return free[word]
        return None

    def _take_by_values(self, kind: str) -> None:
        """Take a needed column that no header names, where the values leave one choice."""
        types = {column.name: column.type for column in COLUMNS[kind]}
        for group in NEEDED[kind]:
            if set(group) & set(self.columns):
                continue
            looks = {"money": "amount", "date": "date"}.get(types[group[0]])
            free = [each for each in self.headers if each not in self.columns.values()]
            fitting = [each for each in free if self.looks[each] == looks] if looks else []
            if len(fitting) == 1:
                self._take(group[0], fitting[0], f"it is the only column left with {looks}s in it")
            else:
                name = " or ".join(group)
                self.questions.append(self._ask(name, "No header says it.", fitting or free))
        if "currency" in types and "currency" not in self.columns:
            free = [each for each in self.headers if self.looks[each] == "currency"]
            if len(free) == 1 and free[0] not in self.columns.values():
                self._take("currency", free[0], "its values are codes of currencies")
            elif kind != "customers":
                reason = "no column has currencies: state `currency` if it is another"
                self.guesses.append(Guess("currency", "the default one", reason))

    def _take(self, name: str, header: str, reason: str) -> None:
        self.columns[name] = header
        self.guesses.append(Guess(name, header, reason))

    def _of_type(self, kind: str, type: str) -> list[str]:
        """Return the cells of the columns of one type that have values."""
        return [
            self.cells[self.columns[column.name]]
            for column in COLUMNS[kind]
            if column.type == type
            and column.name in self.columns
            and self.looks[self.columns[column.name]] != "empty"
        ]

    def _date_format(self, kind: str) -> str | None:
        if self.answers.date_format:
            return self._note("date_format", self.answers.date_format, "it was stated")
        names = self._of_type(kind, "date")
        if not names:
            return None
        verdict = self.values.dates(names)
        if verdict.doubts:
            choices = [each for each in verdict.doubts if each] or ["%d/%m/%Y"]
            self.questions.append(self._ask("date_format", f"Dates: {verdict.reason}.", choices))
            return None
        self.guesses.append(Guess("date_format", verdict.answer or ISO, verdict.reason))
        return verdict.answer

    def _decimal(self, kind: str) -> Literal[",", "."]:
        stated = self.answers.decimal
        if stated:
            self.guesses.append(Guess("decimal", stated, "it was stated"))
            return stated
        verdict = self.values.decimals(self._of_type(kind, "money"))
        if verdict.doubts:
            reason = f"Amounts: {verdict.reason}."
            self.questions.append(self._ask("decimal", reason, verdict.doubts))
        else:
            self.guesses.append(Guess("decimal", verdict.answer or ".", verdict.reason))
        return "," if verdict.answer == "," else "."

    @staticmethod
    def _ask(
        what: str, reason: str, choices: Mapping[str, object] | tuple[str, ...] | list[str]
    ) -> str:
        return f"{reason} State {what}: one of {', '.join(list(choices)[:12])}."
