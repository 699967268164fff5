"""Functions as an SDK wants them: made to take parameters that are known only when the server is put together."""

from collections.abc import Callable, Sequence
from inspect import Parameter, Signature
from typing import Any


def with_parameters(parameters: Sequence[Parameter], call: Callable[..., Any]) -> Callable[..., Any]:
    """The function, whose signature and annotations are these parameters' and say nothing of what it gives."""
    call.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # what inspect.signature reads
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return call
