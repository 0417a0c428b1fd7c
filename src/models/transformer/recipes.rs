//! The shipped models.

use crate::models::Recipe;

/// A configuration by what differs between the recipes.
macro_rules! config {
    ($symbols:literal, $outputs:literal, $size:literal, $inner:literal, $norm:literal, $positions:literal) => {
        concat!(
            r#"{"symbols":"#,
            $symbols,
            r#","outputs":"#,
            $outputs,
            r#","size":"#,
            $size,
            r#","heads":4,"feed_forward":"#,
            $inner,
            r#","encoder_layers":2,"decoder_layers":2,"norm":""#,
            $norm,
            r#"","activation":"relu","positions":"#,
            $positions,
            "}"
        )
    };
}

/// In the order of the lessons that show them.
pub const RECIPES: &[Recipe] = &[
    Recipe {
        id: "transformer-translate",
        config: config!(352, 189, 64, 256, "pre", r#""sinusoidal""#),
        ..TRANSLATE
    },
    Recipe {
        id: "transformer-post-translate",
        config: config!(352, 189, 64, 256, "post", r#""sinusoidal""#),
        ..TRANSLATE
    },
    Recipe {
        id: "transformer-none-echo",
        config: config!(10, 9, 64, 128, "pre", r#""none""#),
        target: 0.0,
        ..ECHO
    },
    Recipe {
        id: "transformer-sinusoidal-echo",
        config: config!(10, 9, 64, 128, "pre", r#""sinusoidal""#),
        ..ECHO
    },
    Recipe {
        id: "transformer-learned-echo",
        config: config!(10, 9, 64, 128, "pre", r#"{"learned":{"longest":32}}"#),
        ..ECHO
    },
    Recipe {
        id: "transformer-alibi-echo",
        config: config!(10, 9, 64, 128, "pre", r#""alibi""#),
        target: 0.0,
        ..ECHO
    },
    Recipe {
        id: "transformer-rope-echo",
        config: config!(10, 9, 64, 128, "pre", r#""rope""#),
        ..ECHO
    },
];

const TRANSLATE: Recipe = Recipe {
    id: "",
    config: "",
    task: "translate",
    task_config: r#"{"sentences":"full","longest":20}"#,
    steps: 4000,
    batch: 64,
    learning_rate: 2e-3,
    clip: 1.0,
    seed: 1,
    target: 0.97,
    kept: &[],
    weight_decay: 0.0,
};

/// One size and one run for all five, so that only the positions differ.
const ECHO: Recipe = Recipe {
    task: "echo",
    task_config: r#"{"letters":8,"shortest":2,"longest":12,"order":"either"}"#,
    steps: 3000,
    ..TRANSLATE
};
