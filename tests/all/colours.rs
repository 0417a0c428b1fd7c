//! Colours for everyone: what they tell stays told where one kind of cone is missing.

use unrolled::palette::{Rgb, Scale};
use unrolled::view::theme;

/// Machado, Oliveira & Fernandes 2009 (doi:10.1109/TVCG.2009.113), table 1, severity 1: from linear sRGB to what is seen.
const VISIONS: [(&str, [[f64; 3]; 3]); 4] = [
    ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "protanopia",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
    (
        "deuteranopia",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
    (
        "tritanopia",
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ),
];

/// A difference of 2.3 in CIELAB is just noticed side by side (Mahy et al. 1994). Cells and thin curves are small and lie apart, so
/// what must be told by its colour has to differ by almost nine times as much.
const APART: f64 = 20.0;
/// Both signs of a small value are near the background and still seen to differ: twice what is just noticed.
const SEEN: f64 = 4.6;
const BOTH: [bool; 2] = [false, true];

fn linear(channel: u8) -> f64 {
    let c = f64::from(channel) / 255.0;
    if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
}

fn times(matrix: [[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.iter().zip(vector).map(|(m, v)| m * v).sum())
}

/// CIELAB under D65 of what somebody sees of an sRGB colour.
fn seen(rgb: Rgb, vision: [[f64; 3]; 3]) -> [f64; 3] {
    const TO_XYZ: [[f64; 3]; 3] = [
        [0.412_456_4, 0.357_576_1, 0.180_437_5],
        [0.212_672_9, 0.715_152_2, 0.072_175_0],
        [0.019_333_9, 0.119_192_0, 0.950_304_1],
    ];
    const WHITE: [f64; 3] = [0.950_47, 1.0, 1.088_83];
    let [x, y, z] = times(TO_XYZ, times(vision, rgb.map(linear)).map(|c| c.clamp(0.0, 1.0)));
    let curve = |t: f64| {
        if t > 216.0 / 24389.0 { t.cbrt() } else { (24389.0 / 27.0 * t + 16.0) / 116.0 }
    };
    let [x, y, z] = [x / WHITE[0], y / WHITE[1], z / WHITE[2]].map(curve);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

fn difference(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

fn rgb(color: egui::Color32) -> Rgb {
    [color.r(), color.g(), color.b()]
}

#[test]
fn the_measure_is_the_one_of_the_books() {
    // White, and red as Lindbloom's calculator gives it for sRGB and D65.
    let [white, red] = [[255; 3], [255, 0, 0]].map(|rgb| seen(rgb, VISIONS[0].1));
    assert!(difference(white, [100.0, 0.0, 0.0]) < 0.02, "{white:?}");
    assert!(difference(red, [53.2408, 80.0925, 67.2032]) < 0.02, "{red:?}");
    // Without their cones, red and a green are alike to a deuteranope, who calls grey what is grey.
    let (_, deutan) = VISIONS[2];
    let grey = seen([128; 3], deutan);
    assert!(grey[1].abs() < 1.0 && grey[2].abs() < 1.0, "{grey:?}");
    let pair = [[190, 60, 30], [105, 105, 20]];
    let [all, few] = [VISIONS[0].1, deutan].map(|vision| {
        let [a, b] = pair.map(|rgb| seen(rgb, vision));
        difference(a, b)
    });
    assert!(few < all / 3.0, "{all} {few}");
}

#[test]
fn magnitudes_grow_in_lightness_for_every_eye() {
    for (name, vision) in VISIONS {
        for dark in BOTH {
            let ramp = Scale::unit(dark).ramp(33);
            let outward = if dark { 1.0 } else { -1.0 };
            let lightness: Vec<f64> = ramp.iter().map(|rgb| seen(*rgb, vision)[0]).collect();
            let grows = lightness.windows(2).all(|pair| (pair[1] - pair[0]) * outward > 0.0);
            assert!(grows, "{name}, dark = {dark}: {lightness:.1?}");
        }
    }
}

#[test]
fn both_signs_stay_apart_and_grow_alike_for_every_eye() {
    for (name, vision) in VISIONS {
        for dark in BOTH {
            let scale = Scale::signed(1.0, dark);
            let mut last = [0.0; 2];
            for step in 1..=20 {
                let value = step as f32 / 20.0;
                let [below, above] = [-value, value].map(|v| seen(scale.rgb(v), vision));
                let (apart, place) = (difference(below, above), (name, dark, value));
                let enough = if value >= 0.25 { APART } else { SEEN };
                assert!(apart >= enough, "{place:?}: {apart:.1}");
                let page = seen(scale.rgb(0.0), vision);
                let away = [below, above].map(|side| difference(side, page));
                assert!(
                    away.iter().zip(last).all(|(now, before)| *now > before - 1.0),
                    "{place:?}"
                );
                last = away;
            }
        }
    }
}

#[track_caller]
fn check_apart(what: &str, colors: &[egui::Color32]) {
    for (name, vision) in VISIONS {
        for (at, a) in colors.iter().enumerate() {
            for (later, b) in colors.iter().enumerate().skip(at + 1) {
                let apart = difference(seen(rgb(*a), vision), seen(rgb(*b), vision));
                assert!(apart >= APART, "{what}, {name}: {at} and {later} differ by {apart:.1}");
            }
        }
    }
}

#[test]
fn curves_of_one_plot_stay_apart_for_every_eye() {
    for dark in BOTH {
        check_apart(&format!("series, dark = {dark}"), &theme::series(dark));
    }
}

#[test]
fn right_wrong_and_attention_stay_apart_for_every_eye() {
    for dark in BOTH {
        let colors = [theme::success(dark), theme::error(dark), theme::warning(dark)];
        check_apart(&format!("meanings, dark = {dark}"), &colors);
    }
}

/// WCAG 2.1: 4.5 to 1 for text, 3 to 1 for what is drawn.
#[test]
fn text_and_curves_can_be_read_on_their_grounds() {
    let luminance = |color: egui::Color32| {
        let [r, g, b] = rgb(color).map(linear);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let contrast = |a: egui::Color32, b: egui::Color32| {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    };
    for dark in BOTH {
        for ground in [theme::stage(dark), theme::panel(dark)] {
            let texts = [
                theme::text(dark),
                theme::strong_text(dark),
                theme::weak_text(dark),
                theme::accent(dark),
                theme::success(dark),
                theme::error(dark),
                theme::warning(dark),
            ];
            for (at, text) in texts.into_iter().enumerate() {
                let found = contrast(text, ground);
                assert!(found >= 4.5, "text {at}, dark = {dark}: {found:.2}");
            }
            for (at, curve) in theme::series(dark).into_iter().enumerate() {
                let found = contrast(curve, ground);
                assert!(found >= 3.0, "curve {at}, dark = {dark}: {found:.2}");
            }
        }
    }
}
