"""Which engine writes a text: chosen before its first unit, by what the text asks for and what is at hand.

In: the engine on NumPy and the settings. Out: an engine, and what the user should know before a wait. Imports no numba:
whether it is installed and whether the code is at hand are questions to the file system. Knows nothing of text.
"""

from __future__ import annotations

from textrnn.cells.jit import code_folder, has_numba, loads_numba
from textrnn.config.generation import GenerationSettings
from textrnn.inference.language_model.contract import Streamer
from textrnn.inference.language_model.engine import Engine
from textrnn.networks.language_model import LOOKED_UP
from textrnn.networks.parameters import named_arrays

# What a unit costs more on NumPy, in seconds: its calls, for the whole and for each layer, and where the weights are in
# int8 the reading of four bytes in place of one. A rough model is enough: it only says which lengths are long.
_UNIT_S, _LAYER_S, _BYTE_S = 15e-6, 30e-6, 3e-11
# importing numba and loading the code; compiling it
_LOADING_S, _COMPILING_S = 1.5, 12.0


def engine_for(engine: Engine, settings: GenerationSettings) -> tuple[Engine | Streamer, tuple[str, ...]]:
    """Return who writes under `settings`, and notes.

    Compiled code writes where that takes less time in all, loading included; where it is not at hand, only a text so
    long that compiling pays for itself at once waits for it.
    """
    if not has_numba():
        return engine, _int8_for_nothing(settings)
    saved_s = settings.length * settings.samples * _saved_per_unit_s(engine)
    # the compiled loop knows layers that take every step
    if saved_s < _LOADING_S or engine.ends is not None:
        return engine, ()
    # a short text, which asks for none of this, begins sooner
    from textrnn.inference.language_model.compiled_engine import CompiledEngine, can_follow, is_compiled
    from textrnn.inference.language_model.compiled_loop import write

    is_at_hand = is_compiled(engine.precision)
    if not can_follow(settings) or (saved_s < _COMPILING_S and not is_at_hand):
        return engine, ()
    if not loads_numba():
        return engine, ("numba is installed and cannot be imported: written on NumPy; pip check says what it misses",)
    compiling = f"compiling for this processor, once, about a quarter of a minute; kept in {code_folder(write)}"
    return CompiledEngine(engine), () if is_at_hand else (compiling,)


def _saved_per_unit_s(engine: Engine) -> float:
    layers = engine.running.layers
    matrices = sum(array.nbytes for name, array in named_arrays(engine.running).items() if name not in LOOKED_UP)
    return _UNIT_S + _LAYER_S * len(layers) + (_BYTE_S * matrices if engine.precision == "int8" else 0.0)


def _int8_for_nothing(settings: GenerationSettings) -> tuple[str, ...]:
    if settings.precision != "int8":
        return ()
    mend = 'pip install "textrnn[fast]"'
    return (f"--precision int8 without numba is no faster: the rounded weights are multiplied in fp32; {mend}",)
