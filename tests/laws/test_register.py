"""Which test holds which law: every law of a trustworthy implementation has one, and the tests named here exist.

The laws are one suite in three places: of cells (tests/cells), of networks (test_networks.py, beside), and of what is
drawn and measured (tests/inference, tests/metrics). Over the first two runs a table: a new cell is a row in `CELLS` and
a layer of torch or a loop to hold it to, a new network is a row in test_networks.py, and neither is let in without.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
CELLS, NETWORKS = "cells/test_against_torch.py", "laws/test_networks.py"
LANGUAGE, LABELS = "training/language_model/test_task.py", "training/classifier/test_task.py"
TAGS, PAIRS = "training/tagger/test_task.py", "training/seq2seq/test_task.py"

# law -> what it says, and the tests that hold it, (file, function)
LAWS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "N1": (
        "gradients are right: against differences, against autograd, for every cell and network, the whole loss",
        [
            ("cells/test_bptt.py", "test_gradients_are_differences"),
            ("cells/test_bptt.py", "test_gradients_are_those_of_autograd"),
            ("cells/test_bptt.py", "test_gradients_are_those_of_torchs_own_layers"),
            ("networks/test_backward.py", "test_through_a_stack"),
            ("networks/test_backward.py", "test_through_texts_in_one_direction_or_both"),
            ("networks/test_backward.py", "test_through_pooling"),
            (NETWORKS, "test_n1_gradients_are_those_of_differences"),
            ("cells/test_attention.py", "test_the_way_back_is_that_of_autograd"),
            ("cells/test_attention.py", "test_the_way_back_is_that_of_differences"),
            ("training/test_gradients.py", "test_gradients_are_those_of_finite_differences"),
            ("training/test_forms.py", "test_gradients_are_those_of_the_definition"),
            ("learn/test_trainer.py", "test_gradients_are_those_of_torch"),
            (
                "networks/test_forecaster.py",
                "test_torch_computes_what_numpy_computes_and_its_gradients_are_differences",
            ),
        ],
    ),
    "N2": (
        "a cell is its formula, and gates in another order are seen",
        [
            (CELLS, "test_a_sequence_is_what_torch_makes_of_it"),
            (CELLS, "test_a_step_is_what_torch_makes_of_it"),
            (CELLS, "test_swapped_gates_are_seen"),
            ("cells/test_gru_conventions.py", "test_the_reset_stands_where_it_is_said_to"),
            (NETWORKS, "test_n2_torch_computes_what_numpy_computes"),
            ("inference/language_model/test_model.py", "test_figures_are_those_of_torch_from_the_same_file"),
        ],
    ),
    "N3": (
        "torch.nn put together is our network",
        [
            ("networks/test_language_model.py", "test_the_whole_network_is_that_of_torchs_modules"),
            ("inference/language_model/test_model.py", "test_greedy_text_is_that_of_torch_called_unit_by_unit"),
            ("inference/classifier/test_engine.py", "test_logits_are_those_of_torch"),
            ("networks/test_tagger.py", "test_it_is_torchs_own_layers_packed"),
            ("networks/test_forecaster.py", "test_it_is_torchs_own_layers"),
            ("networks/test_hierarchy.py", "test_it_is_torchs_own_layers_over_torchs_own_layers"),
            ("networks/test_seq2seq.py", "test_it_is_torchs_modules_put_together"),
        ],
    ),
    "N4": (
        "a text in a padded batch is the text alone, gradients too",
        [
            (NETWORKS, "test_n4_a_text_in_a_padded_batch_is_the_text_alone"),
            (NETWORKS, "test_n4_at_any_lengths"),
            (LABELS, "test_the_loss_of_a_padded_batch_is_the_mean_of_its_texts"),
            (TAGS, "test_the_loss_of_a_padded_batch_is_the_mean_of_its_words"),
            (PAIRS, "test_the_loss_of_a_padded_batch_is_the_mean_of_its_units"),
        ],
    ),
    "N5": (
        "what stands in the padding is inert",
        [
            (NETWORKS, "test_n5_what_stands_in_the_padding_is_inert"),
            ("networks/test_classifier.py", "test_what_stands_in_the_padding_never_matters"),
            ("cells/test_attention.py", "test_what_is_not_real_is_inert"),
        ],
    ),
    "N6": (
        "the backward direction starts at a text's own end",
        [
            ("networks/test_classifier.py", "test_both_directions_are_those_of_torch_packed"),
            ("networks/test_classifier.py", "test_a_turned_text_and_turned_directions_give_the_same"),
        ],
    ),
    "N7": ("pooling takes no notice of padding", [("networks/test_classifier.py", "test_pooling_is_what_it_says")]),
    "N8": (
        "neighbours and batches change nothing",
        [
            (CELLS, "test_leading_axes_are_rows"),
            (NETWORKS, "test_n8_neighbours_and_their_order_change_nothing"),
            ("inference/language_model/test_engine.py", "test_a_row_is_the_same_to_the_bit_whatever_stands_beside_it"),
            ("inference/classifier/test_engine.py", "test_neighbours_never_change_a_bit"),
            ("inference/classifier/test_hierarchy.py", "test_neighbours_never_change_a_bit"),
            ("inference/tagger/test_model.py", "test_neighbours_never_change_a_bit"),
            ("inference/forecaster/test_model.py", "test_a_window_is_forecast_alone_as_among_others"),
            ("inference/seq2seq/test_model.py", "test_neighbours_never_change_a_bit"),
        ],
    ),
    "N9": (
        "state carried over is one long pass",
        [
            (NETWORKS, "test_n9_state_carried_over_is_one_long_pass"),
            (
                "inference/language_model/test_engine.py",
                "test_a_prompt_fed_as_a_sequence_is_the_prompt_fed_unit_by_unit",
            ),
            ("networks/test_seq2seq.py", "test_a_step_at_a_time_is_all_steps_at_once"),
        ],
    ),
    "N10": (
        "no answer depends on what comes later",
        [
            (NETWORKS, "test_n10_no_answer_depends_on_what_comes_later"),
            ("networks/test_seq2seq.py", "test_no_answer_depends_on_what_comes_later"),
        ],
    ),
    "N11": (
        "truncated BPTT cuts the gradient and not the state",
        [
            ("cells/test_bptt.py", "test_windows_cut_the_gradient_and_not_the_state"),
            ("networks/test_backward.py", "test_windows_cut_every_layer"),
            (NETWORKS, "test_n11_windows_cut_the_gradient_and_not_the_state"),
            (LANGUAGE, "test_the_state_goes_on_over_every_edge_and_the_gradient_does_not"),
        ],
    ),
    "N12": (
        "temperature towards 0 is the likeliest",
        [
            ("inference/language_model/test_sampling.py", "test_low_temperature_is_argmax"),
            ("inference/language_model/test_sampler.py", "test_low_temperature_is_argmax_with_any_uniform"),
            (
                "inference/language_model/test_generation.py",
                "test_temperature_zero_follows_the_likeliest_under_any_seed",
            ),
        ],
    ),
    "N13": (
        "top-k and top-p are exact sets",
        [
            ("inference/language_model/test_sampling.py", "test_top_k_is_the_k_best_lowest_id_first"),
            ("inference/language_model/test_sampling.py", "test_top_p_is_the_smallest_set_that_reaches_p"),
            ("inference/language_model/test_sampling.py", "test_larger_p_and_k_keep_more"),
            (
                "inference/language_model/test_sampler.py",
                "test_k_of_one_is_argmax_and_k_of_all_with_p_of_one_is_nothing",
            ),
        ],
    ),
    "N14": (
        "what is drawn has the distribution it is drawn from",
        [
            ("inference/language_model/test_sampler.py", "test_what_is_drawn_has_the_distribution_of_the_filters"),
            ("inference/language_model/test_sampling.py", "test_draw_never_returns_an_id_of_probability_zero"),
        ],
    ),
    "N15": (
        "streams are independent, and sample i is the same at any number",
        [
            ("inference/language_model/test_generation.py", "test_sample_i_is_the_same_at_any_number"),
            ("inference/language_model/test_generation.py", "test_samples_are_no_copies_and_seeds_matter"),
            ("inference/language_model/test_randomness.py", "test_no_two_streams_are_alike"),
        ],
    ),
    "N16": (
        "the loss of parts, weighted by what they predict, is that of the whole",
        [
            (NETWORKS, "test_n16_parts_of_a_batch_add_up_to_it"),
            (LANGUAGE, "test_the_loss_of_a_batch_is_that_of_its_rows_weighted_by_units"),
            (LABELS, "test_the_loss_of_a_padded_batch_is_the_mean_of_its_texts"),
        ],
    ),
    "N18": (
        "perplexity is exp of total nats over total units",
        [
            (NETWORKS, "test_n18_without_a_preference_the_perplexity_is_the_number_of_answers"),
            ("inference/language_model/test_protocol.py", "test_the_mean_is_of_predictions_and_not_of_batches"),
            ("inference/language_model/test_protocol.py", "test_a_uniform_model_has_the_perplexity_of_its_vocabulary"),
            ("inference/language_model/test_protocol.py", "test_a_text_costs_what_it_costs_unit_by_unit"),
            ("inference/language_model/test_model.py", "test_figures_are_the_same_for_any_batch"),
            ("metrics/test_likelihood.py", "test_any_cut_gives_the_figures_of_the_whole"),
        ],
    ),
}


def test_every_law_is_held() -> None:
    # N17 is of training in several processes, which there is none of
    assert list(LAWS) == [f"N{number}" for number in range(1, 19) if number != 17]
    assert all(held for _, held in LAWS.values())


@pytest.mark.parametrize("law", LAWS)
def test_the_tests_of_a_law_exist(law: str) -> None:
    for file, function in LAWS[law][1]:
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, (file, function)
