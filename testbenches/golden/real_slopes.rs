//! Linear steps with slopes of each device's own: their statistics and the law against the formula in floating point.

use super::real_devices::{model, moments, near};
use memgan::config::DeviceModel;
use memgan::device::{ArrayModel, DeviceParameters, NOMINAL_STRENGTH};

/// The mean step of a device at `w` by pulses of one strength, relative to `dw_min`; up and down.
fn steps_at(w: f64, m: &DeviceModel, array: &ArrayModel, device: &DeviceParameters) -> [f64; 2] {
    let code = ((w - m.w_min) / m.range() * f64::from(array.top)).round() as i32;
    let dw = m.dw_min / m.range() * f64::from(array.top);
    [true, false].map(|up| {
        let moves = (0..16).map(|bits| f64::from((array.pulse(code, device, up, NOMINAL_STRENGTH, bits) - code).abs()));
        moves.sum::<f64>() / 16.0 / dw
    })
}

/// A device's steps are `|1 - g w / bound|+` with its own `g = |gamma + dtod n|`, which does not depend on that of the other
/// direction.
#[test]
fn slopes_spread_as_they_were_told_to() {
    let window = "law = \"linear_step\"\ndw_min = 0.02\nw_max = 1.25\nw_min = -0.75";
    let count = 20_000;
    for (up, up_dtod, down, down_dtod) in
        [(0.5, 0.1, 0.3, 0.05), (0.0, 0.2, 0.8, 0.0), (0.0, 0.0, 0.0, 0.5), (0.1, 0.3, 1.2, 0.2), (1.0, 1.0, 1.0, 1.0)]
    {
        let keys = format!(
            "gamma_up = {up:?}\ngamma_down = {down:?}\ngamma_up_dtod = {up_dtod:?}\ngamma_down_dtod = {down_dtod:?}"
        );
        let (m, array) = model("levels = 16", &format!("{window}\n{keys}"));
        // A slope from the steps on the far side of 0, where every law is above 1.
        let far = [0.8 * m.w_min, 0.8 * m.w_max];
        let bounds = [m.w_max, m.w_min];
        let slope_of = |way: usize, device: &DeviceParameters| {
            (1.0 - steps_at(far[way], &m, &array, device)[way]) * bounds[way] / far[way]
        };
        let devices: Vec<DeviceParameters> = (0..count).map(|k| array.device(k)).collect();
        let slopes: Vec<[f64; 2]> = devices.iter().map(|d| [0, 1].map(|way| slope_of(way, d))).collect();
        for (way, (mean, dtod)) in [(up, up_dtod), (down, down_dtod)].into_iter().enumerate() {
            let (got_mean, got_sd) = moments(slopes.iter().map(|s| s[way]));
            let what = format!("{keys}, way {way}");
            // Where no slope changes its sign it is the number itself; of one around 0, the magnitude of the sum of three uniform
            // numbers: its mean is 13/32 where the deviation is 1/2.
            let (wanted_mean, wanted_sd) = match mean {
                0.0 => (13.0 / 16.0 * dtod, (1.0 - (13.0f64 / 16.0).powi(2)).sqrt() * dtod),
                _ if mean > 2.99 * dtod => (mean, dtod),
                _ => folded(mean, dtod),
            };
            near(&format!("{what}: mean"), got_mean, wanted_mean, 4.0 * dtod / f64::from(count).sqrt() + 4e-3);
            near(&format!("{what}: spread"), got_sd, wanted_sd, 0.02 * dtod + 2e-3);
            assert!(slopes.iter().all(|s| s[way] > -4e-3), "{what}: a step that grows towards its bound");
        }
        // Of two draws: no correlation.
        if up_dtod > 0.0 && down_dtod > 0.0 {
            let [a, b] = [0, 1].map(|way| moments(slopes.iter().map(|s| s[way])));
            let both: f64 = slopes.iter().map(|s| (s[0] - a.0) * (s[1] - b.0)).sum::<f64>() / f64::from(count);
            near("correlation", both / a.1 / b.1, 0.0, 4.0 / f64::from(count).sqrt());
        }
        // With that slope a device's law is the line everywhere, and 0 where the line is below.
        for (device, slopes) in devices.iter().zip(&slopes).take(300) {
            for part in [0.02, 0.3, 0.375, 0.6, 0.9, 0.97] {
                let w = m.w_min + part * m.range();
                let steps = steps_at(w, &m, &array, device);
                for way in 0..2 {
                    let law = (1.0 - slopes[way] * w / bounds[way]).max(0.0);
                    let room = [m.w_max - w, w - m.w_min][way] / m.dw_min;
                    near(&format!("{keys}, {slopes:?}, way {way} at {w}"), steps[way], law.min(room), 0.012);
                }
            }
        }
    }
}

/// Mean and deviation of `|mean + dtod n|`, `n` the scaled sum of three uniform numbers, by its density.
fn folded(mean: f64, dtod: f64) -> (f64, f64) {
    let cells = 30_000;
    let (mut first, mut total) = (0.0, 0.0);
    for k in 0..cells {
        let sum = 3.0 * (f64::from(k) + 0.5) / f64::from(cells);
        let density = match sum {
            s if s < 1.0 => s * s / 2.0,
            s if s < 2.0 => 0.75 - (s - 1.5) * (s - 1.5),
            s => (3.0 - s) * (3.0 - s) / 2.0,
        };
        // The sum's deviation is a half.
        first += density * (mean + dtod * 2.0 * (sum - 1.5)).abs();
        total += density;
    }
    let first = first / total;
    (first, (mean * mean + dtod * dtod - first * first).sqrt())
}

/// Slopes of all devices fit the 15 bits that the macro has for them, and need them in the most skewed windows.
#[test]
fn the_steepest_slopes_have_15_bits() {
    let mut most = 0;
    for (w_min, w_max) in [(-1.0, 1.0), (-0.01, 100.0), (-100.0, 0.01), (-0.75, 1.25)] {
        for keys in ["gamma_up = 1\ngamma_up_dtod = 1", "gamma_down = 1\ngamma_down_dtod = 1"] {
            let text = format!("law = \"linear_step\"\nw_min = {w_min:?}\nw_max = {w_max:?}\n{keys}");
            let (_, array) = model("levels = 16", &text);
            let slopes = array.slopes.expect("slopes differ");
            let largest =
                [0, 1].map(|way| slopes.mean[way] + 3 * slopes.dtod[way]).into_iter().max().expect("two ways");
            assert!(largest < 1 << 15, "{text}: {slopes:?}");
            assert!((0..50_000).all(|k| array.device(k).slopes.iter().all(|s| (0..=largest).contains(s))), "{text}");
            most = most.max(largest);
        }
    }
    assert!(most > 32_000, "{most}");
}
