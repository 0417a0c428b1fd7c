//! The shipped models.

use crate::models::Recipe;

/// In the order of the lessons that show them.
pub const RECIPES: &[Recipe] = &[
    Recipe {
        id: "transformer-translate",
        config: r#"{"symbols":43,"outputs":14,"size":64,"heads":4,"feed_forward":128,"encoder_layers":2,"decoder_layers":2,"norm":"pre","activation":"relu","positions":"sinusoidal"}"#,
        ..TRANSLATE
    },
    Recipe {
        id: "transformer-post-translate",
        config: r#"{"symbols":43,"outputs":14,"size":64,"heads":4,"feed_forward":128,"encoder_layers":2,"decoder_layers":2,"norm":"post","activation":"relu","positions":"sinusoidal"}"#,
        ..TRANSLATE
    },
];

const TRANSLATE: Recipe = Recipe {
    id: "",
    config: "",
    task: "numerals",
    task_config: r#"{"largest":9999}"#,
    steps: 3000,
    batch: 64,
    learning_rate: 2e-3,
    clip: 1.0,
    seed: 1,
    target: 0.97,
    kept: &[],
    weight_decay: 0.0,
};
