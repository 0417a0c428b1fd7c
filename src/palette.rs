//! Colours for numbers: a value in, three bytes out, the same for the screen and for exported figures.
//!
//! One rule makes all maps readable together: **zero is the background**, and the further a value is from zero, the further its
//! colour is from the page. So a light page shows magnitudes as ink and a dark page shows them as light.
//!
//! - [`Map::Sequential`]: `navia` from F. Crameri, *Scientific colour maps* 8 (2023), doi:10.5281/zenodo.1243862, MIT licence; every
//!   sixteenth entry of the published table. Perceptually uniform and readable with all colour-vision deficiencies.
//! - [`Map::Signed`]: blue below zero, orange above, built in Oklab (B. Ottosson, 2020) so that `v` and `-v` have the same
//!   lightness. Blue and orange stay apart with all common colour-vision deficiencies.

use std::sync::LazyLock;

/// An sRGB colour.
pub type Rgb = [u8; 3];

/// What is drawn for a value that is not a number or is infinite. No map contains a colour like it.
pub const NOT_A_NUMBER: Rgb = [230, 0, 200];

/// Stands where there is no value at all, as behind the last position that a row looks back to: it is
/// drawn as the page. A value that was computed and is no number has other bits.
pub const ABSENT: f32 = f32::from_bits(0x7fc0_ab5e);

/// Whether this is [`ABSENT`].
#[must_use]
pub const fn is_absent(value: f32) -> bool {
    value.to_bits() == ABSENT.to_bits()
}

/// How numbers become colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Map {
    /// For magnitudes, which have an order but no sign: gates, attention weights, probabilities.
    Sequential,
    /// For values on both sides of zero: hidden states, weights, gradients.
    Signed,
}

/// A colour map stretched over an interval. Values beyond its ends take the colours of the ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The colours.
    pub map: Map,
    /// The value that has the map's first colour.
    pub low: f32,
    /// The value that has the map's last colour.
    pub high: f32,
    /// Whether the page is dark, which turns the direction of lightness round.
    pub dark: bool,
}

impl Scale {
    /// Blue, background, orange over `-max_abs..=max_abs`.
    #[must_use]
    pub fn signed(max_abs: f32, dark: bool) -> Self {
        Self { map: Map::Signed, low: -max_abs.abs(), high: max_abs.abs(), dark }
    }

    /// Magnitudes over `low..=high`.
    #[must_use]
    pub fn sequential(low: f32, high: f32, dark: bool) -> Self {
        Self { map: Map::Sequential, low, high, dark }
    }

    /// Magnitudes over `0..=1`: gates, attention weights, probabilities.
    #[must_use]
    pub fn unit(dark: bool) -> Self {
        Self::sequential(0.0, 1.0, dark)
    }

    /// The colour of one value. An empty interval gives the background rather than a division by zero.
    #[must_use]
    pub fn rgb(&self, value: f32) -> Rgb {
        if is_absent(value) {
            return background(self.dark);
        }
        if !value.is_finite() {
            return NOT_A_NUMBER;
        }
        let span = self.high - self.low;
        let share = if span > 0.0 {
            ((value - self.low) / span).clamp(0.0, 1.0)
        } else {
            self.share_of_background()
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share lies in 0..=1"
        )]
        let entry = (share * (ENTRIES - 1) as f32).round() as usize;
        self.table()[entry]
    }

    /// Evenly spaced colours from `low` to `high`, for a legend or a texture.
    #[must_use]
    pub fn ramp(&self, count: usize) -> Vec<Rgb> {
        let last = count.saturating_sub(1).max(1) as f32;
        (0..count).map(|i| self.rgb(self.low + (self.high - self.low) * i as f32 / last)).collect()
    }

    fn share_of_background(&self) -> f32 {
        match self.map {
            Map::Sequential => 0.0,
            Map::Signed => 0.5,
        }
    }

    fn table(&self) -> &'static Table {
        match (self.map, self.dark) {
            (Map::Sequential, false) => &SEQUENTIAL_LIGHT,
            (Map::Sequential, true) => &SEQUENTIAL_DARK,
            (Map::Signed, false) => &SIGNED_LIGHT,
            (Map::Signed, true) => &SIGNED_DARK,
        }
    }
}

/// The page that figures are drawn on; the signed map's zero.
#[must_use]
pub const fn background(dark: bool) -> Rgb {
    if dark { [22, 24, 29] } else { [255, 255, 255] }
}

/// Black or white, whichever is easier to read on a cell of this colour.
#[must_use]
pub fn ink_on(rgb: Rgb) -> Rgb {
    /// Where black and white have the same contrast, by the WCAG 2 formula: √(1.05 · 0.05) − 0.05.
    const EQUAL_CONTRAST: f32 = 0.179;
    if luminance(rgb) > EQUAL_CONTRAST { [0; 3] } else { [255; 3] }
}

/// WCAG 2's relative luminance.
fn luminance(rgb: Rgb) -> f32 {
    let [r, g, b] = rgb.map(to_linear);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// Odd, so that the middle of a signed map is an entry of its own.
const ENTRIES: usize = 513;
type Table = [Rgb; ENTRIES];

static SEQUENTIAL_DARK: LazyLock<Table> = LazyLock::new(|| sequential(true));
static SEQUENTIAL_LIGHT: LazyLock<Table> = LazyLock::new(|| sequential(false));
static SIGNED_DARK: LazyLock<Table> = LazyLock::new(|| signed(true));
static SIGNED_LIGHT: LazyLock<Table> = LazyLock::new(|| signed(false));

#[rustfmt::skip]
const NAVIA: [Rgb; 17] = [
    [3, 19, 39], [5, 37, 69], [7, 56, 101], [14, 77, 129], [26, 96, 143], [37, 110, 144], [46, 121, 140], [55, 129, 134], [65, 138, 128],
    [76, 148, 121], [90, 161, 114], [108, 176, 106], [136, 195, 105], [175, 213, 125], [209, 227, 159], [234, 237, 192], [252, 244, 217],
];

/// Light from dark on a dark page, dark from light on a light one, so that the low end is the one near the page.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "every number stays within 0..=255"
)]
fn sequential(dark: bool) -> Table {
    std::array::from_fn(|i| {
        let share = i as f32 / (ENTRIES - 1) as f32;
        let at = if dark { share } else { 1.0 - share } * (NAVIA.len() - 1) as f32;
        let (left, right) = (at.floor() as usize, at.ceil() as usize);
        std::array::from_fn(|c| {
            let (a, b) = (f32::from(NAVIA[left][c]), f32::from(NAVIA[right][c]));
            (a + (b - a) * at.fract()).round() as u8
        })
    })
}

/// Lightness runs straight from the page to the end on both sides; chroma is as strong as sRGB allows, up to `CHROMA`.
fn signed(dark: bool) -> Table {
    const CHROMA: f32 = 0.17;
    const BLUE: f32 = 252.0_f32.to_radians();
    const ORANGE: f32 = 52.0_f32.to_radians();
    let page = lightness(background(dark));
    let end = if dark { 0.86 } else { 0.42 };
    let middle = ENTRIES / 2;
    std::array::from_fn(|i| {
        if i == middle {
            return background(dark);
        }
        let share = i.abs_diff(middle) as f32 / middle as f32;
        // Chroma grows faster than lightness, so that even a small value shows its sign.
        let chroma = CHROMA * (1.0 - (1.0 - share).powi(3));
        let hue = if i < middle { BLUE } else { ORANGE };
        within_gamut(page + (end - page) * share, chroma, hue)
    })
}

/// The strongest colour of this lightness and hue with at most this chroma that sRGB can show.
fn within_gamut(lightness: f32, chroma: f32, hue: f32) -> Rgb {
    const STEPS: usize = 200;
    let linear = (0..=STEPS)
        .map(|i| chroma * (1.0 - i as f32 / STEPS as f32))
        .map(|chroma| oklab_to_linear([lightness, chroma * hue.cos(), chroma * hue.sin()]))
        .find(|rgb| rgb.iter().all(|c| (0.0..=1.0).contains(c)));
    linear.unwrap_or([lightness.powi(3); 3]).map(from_linear)
}

/// Oklab's lightness, 0 for black and 1 for white.
fn lightness(rgb: Rgb) -> f32 {
    let [r, g, b] = rgb.map(to_linear);
    let l = (0.412_221_47 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
    let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
    let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
    0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s
}

fn oklab_to_linear([lightness, a, b]: [f32; 3]) -> [f32; 3] {
    let l = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let m = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let s = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
        -0.004_196_086 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ]
}

fn to_linear(channel: u8) -> f32 {
    let c = f32::from(channel) / 255.0;
    if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the channel is clamped first"
)]
fn from_linear(c: f32) -> u8 {
    let c = c.clamp(0.0, 1.0);
    let encoded = if c <= 0.003_130_8 { 12.92 * c } else { 1.055 * c.powf(1.0 / 2.4) - 0.055 };
    (encoded * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [bool; 2] = [false, true];

    #[test]
    fn what_is_absent_is_the_page_and_what_is_no_number_is_not() {
        for dark in [false, true] {
            let scale = Scale::sequential(0.5, 1.0, dark);
            assert_eq!(scale.rgb(ABSENT), background(dark));
            assert_eq!(scale.rgb(f32::NAN), NOT_A_NUMBER);
        }
        assert!(ABSENT.is_nan() && !is_absent(f32::NAN) && !is_absent(0.0 / f32::MIN_POSITIVE));
    }

    #[test]
    fn sequential_lightness_leaves_the_page_and_never_turns_back() {
        for dark in BOTH {
            let ramp: Vec<f32> = Scale::unit(dark).ramp(101).into_iter().map(lightness).collect();
            let outward = if dark { 1.0 } else { -1.0 };
            assert!(
                ramp.windows(2).all(|w| (w[1] - w[0]) * outward > 0.0),
                "dark = {dark}: {ramp:?}"
            );
            assert!(
                (ramp[0] - lightness(background(dark))).abs() < 0.1,
                "dark = {dark}: low is near the page"
            );
        }
    }

    #[test]
    fn signed_lightness_is_symmetric_and_leaves_the_page() {
        for dark in BOTH {
            let scale = Scale::signed(3.0, dark);
            let mut last = lightness(background(dark));
            for i in 1_u8..=100 {
                let v = f32::from(i) * 0.03;
                let (below, above) = (lightness(scale.rgb(-v)), lightness(scale.rgb(v)));
                assert!(
                    (below - above).abs() < 0.006,
                    "dark = {dark}, v = {v}: {below} and {above}"
                );
                assert!(if dark { above > last } else { above < last }, "dark = {dark}, v = {v}");
                last = above;
            }
        }
    }

    #[test]
    fn zero_is_the_background_also_when_everything_is_zero() {
        for dark in BOTH {
            assert_eq!(Scale::signed(2.5, dark).rgb(0.0), background(dark));
            assert_eq!(Scale::signed(0.0, dark).rgb(0.0), background(dark));
        }
    }

    #[test]
    fn what_is_no_number_has_a_colour_of_its_own() {
        for dark in BOTH {
            for scale in [Scale::unit(dark), Scale::signed(1.0, dark)] {
                assert_eq!(scale.rgb(9.0), scale.rgb(1.0), "beyond the end it is the end's");
                for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                    assert_eq!(scale.rgb(value), NOT_A_NUMBER);
                }
                assert!(!scale.table().contains(&NOT_A_NUMBER));
            }
        }
    }

    #[test]
    fn ink_is_readable_on_every_cell() {
        for dark in BOTH {
            for scale in [Scale::unit(dark), Scale::signed(1.0, dark)] {
                for cell in scale.ramp(200) {
                    let (a, b) = (luminance(cell), luminance(ink_on(cell)));
                    assert!((a.max(b) + 0.05) / (a.min(b) + 0.05) > 4.5, "{cell:?}");
                }
            }
        }
    }
}
