"""Events with every field set, made from the models themselves."""

from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from grpolog.events import Envelope


def filled(model: type[Envelope], number: float = 0.5) -> Envelope:
    """An event of `model` with every field set and all floats `number`; only `non_finite` is left out."""
    return model(**{name: value for name, value in values(model, number).items() if name != "non_finite"})


def minimal(model: type[Envelope]) -> Envelope:
    """An event of `model` with nothing but its required fields set."""
    required = {name for name, field in model.model_fields.items() if field.is_required()}
    return model(**{name: value for name, value in values(model, 0.5).items() if name in required})


def values(model: type[BaseModel], number: float) -> dict[str, Any]:
    return {name: _value(field.annotation, number) for name, field in model.model_fields.items()}


def _value(kind: Any, number: float) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _value(next(option for option in arguments if option is not NoneType), number)
    if origin is Literal:
        return arguments[0]
    if origin is dict:
        return {"a/b": _value(arguments[1], number)}
    if origin in (list, tuple):
        return [_value(argument, number) for argument in arguments]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind(**values(kind, number))
    return {float: number, int: 1, str: "x", bool: True, Any: {"nested": [1, "x", None]}}[kind]
