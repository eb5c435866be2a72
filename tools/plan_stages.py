"""The stages that a plan has totals of, and the rules of each."""

__all__ = ["STAGES"]

STAGES = {
    **dict.fromkeys(
        ("pin_repository", "fetch_corpus", "generate_corpus", "fetch_hub_pair", "fetch_hub_text"),
        "text",
    ),
    **dict.fromkeys(("align_words", "split_words", "select_words"), "word links"),
    **dict.fromkeys(
        ("fetch_model", "fetch_hub_model", "check_model", "random_model", "pretrain"), "models"
    ),
    **dict.fromkeys(
        (
            "fetch_entities", "generate_entities", "fetch_hub_entities", "fetch_sentiment",
            "generate_sentiment", "fetch_hub_sentiment", "check_task",
        ),
        "task data",
    ),
    **dict.fromkeys(
        (
            "finetune_entities", "finetune_sentiment", "finetune_translation",
            "finetune_entities_text", "finetune_sentiment_text",
        ),
        "fine-tuning",
    ),
    **dict.fromkeys(
        (
            "score_entities", "score_sentiment", "score_translation", "score_entities_text",
            "score_sentiment_text",
        ),
        "task scores",
    ),
    "extract_vectors": "vectors",
    "cluster_words": "clusters",
    **dict.fromkeys(("cluster_controls", "mix_languages"), "controls"),
    **dict.fromkeys(
        ("score_calign", "score_colap", "score_similarity", "compare_variants", "merge_scores"),
        "scores",
    ),
    **dict.fromkeys(
        (
            "find_examples", "plot_by_layer", "plot_change", "plot_curves", "plot_controls",
            "plot_rivals", "plot_tasks", "plot_examples", "state_claims",
        ),
        "figures",
    ),
}  # fmt: skip
