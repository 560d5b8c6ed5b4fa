"""The same module, with everything that mutmut leaves alone in functions that it does not.

`@d def f` becomes `def f__plain` and `f = d(f__plain)`; a lambda at module level becomes a function with a name.
"""

from __future__ import annotations

import libcst as cst

PLAIN = "__plain"


class LayOpen(cst.CSTTransformer):
    """Decorated functions and methods as plain ones with the decorator applied after them."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        """Functions within functions stay as they are."""
        self.depth += 1

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef | cst.FlattenSentinel[cst.BaseStatement]:
        """`@d def f` becomes `def f__plain` and `f = d(f__plain)`."""
        self.depth -= 1
        decorators = [d.decorator for d in updated_node.decorators]
        if self.depth or len(decorators) != 1 or _is_name(decorators[0], "classmethod", "staticmethod"):
            return updated_node
        name = updated_node.name.value
        plain = updated_node.with_changes(name=cst.Name(name + PLAIN), decorators=[])
        applied = cst.Call(decorators[0], [cst.Arg(cst.Name(name + PLAIN))])
        assigned = cst.Assign([cst.AssignTarget(cst.Name(name))], applied)
        return cst.FlattenSentinel([plain, cst.SimpleStatementLine([assigned])])


class NameLambdas(cst.CSTTransformer):
    """Lambdas at module level as named functions, defined before their statement."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0
        self.count = 0
        self.pending: list[cst.FunctionDef] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        """mutmut changes lambdas within functions by itself."""
        self.depth += 1

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        """Leave it as it is."""
        self.depth -= 1
        return updated_node

    def leave_Lambda(self, original_node: cst.Lambda, updated_node: cst.Lambda) -> cst.BaseExpression:
        """The name of the function that takes its place."""
        if self.depth:
            return updated_node
        self.count += 1
        name, returned = f"lambda_{self.count}", cst.SimpleStatementLine([cst.Return(updated_node.body)])
        self.pending.append(cst.FunctionDef(cst.Name(name), updated_node.params, cst.IndentedBlock([returned])))
        return cst.Name(name)

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        """Put the functions in front."""
        if self.depth or not self.pending:
            return updated_node
        found, self.pending = self.pending, []
        return cst.FlattenSentinel([*found, updated_node])


def _is_name(node: cst.BaseExpression, *names: str) -> bool:
    return isinstance(node, cst.Name) and node.value in names


def laid_open(source: str) -> str:
    """The same module, with everything that mutmut leaves alone in functions that it does not."""
    return cst.parse_module(source).visit(LayOpen()).visit(NameLambdas()).code
