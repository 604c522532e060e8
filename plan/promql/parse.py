"""A parser of PromQL: the expressions of rules, dashboards and adapters as trees.

It reads what the program renders and more: selectors, ranges, functions, aggregations and operators with their matching.
Subqueries and `@` are refused by name, so that no rule about expressions overlooks one.
"""

import re
from functools import lru_cache

from plan.promql.nodes import COMPARISONS, Aggregate, Binary, Call, Node, Number, PromqlError, Selector, Text, seconds

_TOKENS = re.compile(
    r"""\s*(?:
    (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<duration>(?:\d+(?:ms|[smhdwy]))+)(?![\w.])
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.])
    |(?P<name>[A-Za-z_:][\w:]*)
    |(?P<sign>==|!=|=~|!~|<=|>=|[-+*/%^<>=(){}\[\],@])
    |(?P<end>$)
    )""",
    re.VERBOSE,
)
AGGREGATIONS = frozenset({"sum", "min", "max", "avg", "count", "group", "stddev", "stdvar"})
PARAMETRIC = frozenset({"topk", "bottomk", "quantile", "count_values"})
"""Aggregations whose first argument is a parameter; not evaluated here."""
_BINDING = {"or": 1, "and": 2, "unless": 2, "+": 4, "-": 4, "*": 5, "/": 5, "%": 5, "atan2": 5, "^": 6}
_BINDING |= dict.fromkeys(COMPARISONS, 3)


@lru_cache(maxsize=4096)
def parse(expression: str) -> Node:
    """Return the tree of an expression.

    Raises:
        PromqlError: it is no PromQL, or uses a construct that is not known here.
    """
    return _Parser(expression).whole()


class _Parser:
    def __init__(self, expression: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        place = 0
        while True:
            token = _TOKENS.match(expression, place)
            if token is None:
                raise PromqlError(f"cannot read {expression[place : place + 20].strip()!r}")
            kind = str(token.lastgroup)
            self.tokens.append((kind, token.group(kind)))
            place = token.end()
            if kind == "end":
                break
        self.place = 0
        self._nodes: dict[tuple[object, ...], Node] = {}

    def _same(self, node: Node) -> Node:
        """Return the first node that equals this one, so that an evaluation computes what stands twice once."""
        if isinstance(node, Binary):
            key = (Binary, node.operator, id(node.left), id(node.right), node.as_bool, node.on, node.ignoring)
            return self._nodes.setdefault((*key, node.group, node.include), node)
        if isinstance(node, Call):
            return self._nodes.setdefault((Call, node.function, *map(id, node.arguments)), node)
        if isinstance(node, Aggregate):
            return self._nodes.setdefault((Aggregate, node.operation, id(node.of), node.labels, node.without), node)
        return self._nodes.setdefault((type(node), node), node)

    def whole(self) -> Node:
        node = self._binary(1)
        if self.tokens[self.place][0] != "end":
            raise PromqlError(f"does not expect {self.tokens[self.place][1]!r}")
        return node

    def _peek(self) -> str:
        return self.tokens[self.place][1]

    def _take(self, kind: str = "") -> str:
        got, text = self.tokens[self.place]
        if got == "end" or (kind and got != kind):
            raise PromqlError(f"expects a {kind or 'token'}, got {text or 'the end'!r}")
        self.place += 1
        return text

    def _expect(self, sign: str) -> None:
        if self._peek() != sign:
            raise PromqlError(f"expects {sign!r}, got {self._peek() or 'the end'!r}")
        self.place += 1

    def _is(self, text: str) -> bool:
        if self._peek() == text and self.tokens[self.place][0] in ("sign", "name"):
            self.place += 1
            return True
        return False

    def _names(self) -> tuple[str, ...]:
        self._expect("(")
        names: list[str] = []
        while not self._is(")"):
            names.append(self._take("name"))
            if self._peek() != ")":
                self._expect(",")
        return tuple(names)

    def _binary(self, least: int) -> Node:
        left = self._unary()
        while self.tokens[self.place][0] in ("sign", "name") and _BINDING.get(self._peek(), 0) >= least:
            operator = self._take()
            left = self._same(self._operation(operator, left))
        return left

    def _operation(self, operator: str, left: Node) -> Binary:
        as_bool = operator in COMPARISONS and self._is("bool")
        on, ignoring, group, include = None, (), "", ()
        if self._is("on"):
            on = self._names()
        elif self._is("ignoring"):
            ignoring = self._names()
        for side in ("left", "right"):
            if self._is(f"group_{side}"):
                group = side
                include = self._names() if self._peek() == "(" else ()
        right = self._binary(_BINDING[operator] + (operator != "^"))
        return Binary(operator, left, right, as_bool, on, ignoring, group, include)

    def _unary(self) -> Node:
        if self._is("-"):
            value = self._binary(_BINDING["^"])
            return self._same(
                Number(-value.value) if isinstance(value, Number) else Binary("*", self._same(Number(-1)), value)
            )
        return self._binary(_BINDING["^"]) if self._is("+") else self._same(self._ranged(self._same(self._primary())))

    def _primary(self) -> Node:
        kind, text = self.tokens[self.place]
        if self._is("("):
            inner = self._binary(1)
            self._expect(")")
            return inner
        if self._peek() == "{" and kind == "sign":
            return Selector("", self._matchers())
        self._take()
        if kind == "number":
            return Number(float(text))
        if kind == "text":
            return Text(re.sub(r"\\(.)", r"\1", text[1:-1]))
        if kind != "name":
            raise PromqlError(f"does not expect {text or 'the end'!r}")
        if text in PARAMETRIC:
            raise PromqlError(f"{text} is not known here")
        if text in AGGREGATIONS and self._peek() in ("(", "by", "without"):
            return self._aggregate(text)
        if self._is("("):
            return Call(text, self._arguments())
        return Selector(text, self._matchers() if self._peek() == "{" else ())

    def _aggregate(self, operation: str) -> Aggregate:
        labels, without = self._grouping()
        self._expect("(")
        arguments = self._arguments()
        if len(arguments) != 1:
            raise PromqlError(f"{operation} takes one argument, got {len(arguments)}")
        if not labels and not without:
            labels, without = self._grouping()
        return Aggregate(operation, arguments[0], labels, without)

    def _grouping(self) -> tuple[tuple[str, ...], bool]:
        if self._is("by"):
            return self._names(), False
        return (self._names(), True) if self._is("without") else ((), False)

    def _arguments(self) -> tuple[Node, ...]:
        arguments: list[Node] = []
        while not self._is(")"):
            arguments.append(self._binary(1))
            if self._peek() != ")":
                self._expect(",")
        return tuple(arguments)

    def _matchers(self) -> tuple[tuple[str, str, str], ...]:
        self._expect("{")
        matchers: list[tuple[str, str, str]] = []
        while not self._is("}"):
            label, operator = self._take("name"), self._take("sign")
            if operator not in ("=", "!=", "=~", "!~"):
                raise PromqlError(f"{operator!r} is no matcher of {label}")
            matchers.append((label, operator, re.sub(r"\\(.)", r"\1", self._take("text")[1:-1])))
            if self._peek() != "}":
                self._expect(",")
        return tuple(matchers)

    def _ranged(self, node: Node) -> Node:
        span, offset = None, 0.0
        if self._is("["):
            span = seconds(self._take("duration"))
            self._expect("]")
        if self._is("offset"):
            offset = seconds(self._take("duration"))
        if span is None and not offset:
            return node
        if not isinstance(node, Selector):
            raise PromqlError("a range or an offset follows a selector; subqueries are not known here")
        return Selector(node.name, node.matchers, span, offset)
