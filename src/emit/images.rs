//! Memory images: what is sent through the programming and configuration ports, one word a line in hexadecimal.

use crate::device::{Mapping, ProgramWord};
use crate::numeric::{BIAS_BITS, SHIFT_BITS};
use crate::schedule::Schedule;

/// Bias words, in address order.
pub const BIAS_IMAGE: &str = "weights/biases.hex";
/// Layer parameters, in layer order.
pub const PARAMETER_IMAGE: &str = "weights/parameters.hex";

/// Fields of `width` bits each, field 0 in the low bits, as 32-bit words, low word first.
fn packed(fields: impl IntoIterator<Item = u64>, width: u32) -> Vec<u32> {
    let mut words = Vec::new();
    let (mut pending, mut held) = (0u128, 0u32);
    for field in fields {
        pending |= u128::from(field & ((1u64 << width) - 1)) << held;
        held += width;
        while held >= 32 {
            words.push(pending as u32);
            pending >>= 32;
            held -= 32;
        }
    }
    if held > 0 {
        words.push(pending as u32);
    }
    words
}

/// `prog_data_i` of a word.
pub fn program_word(schedule: &Schedule, word: &ProgramWord) -> Vec<u32> {
    packed(word.cells.iter().map(|&c| u64::from(c)), schedule.widths.cell)
}

/// `cfg_data_i` of bias word `word` of operation `op`'s pattern: lane `l` holds the bias of output element
/// `word * lanes + l`.
pub fn bias_word(schedule: &Schedule, bias: &[i32], word: usize) -> Vec<u32> {
    let first = word * schedule.lanes;
    packed((first..first + schedule.lanes).map(|e| bias[e % bias.len()] as u16 as u64), BIAS_BITS)
}

/// `cfg_data_i` of a layer's parameters: `{shift, gain}`.
pub fn parameter_word(gain: u32, shift: u32) -> u32 {
    gain | (shift << SHIFT_BITS)
}

/// `bits` bits of `words` as hexadecimal digits.
fn hex(words: &[u32], bits: usize, out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for digit in (0..bits.div_ceil(4)).rev() {
        let word = words.get(digit / 8).copied().unwrap_or(0);
        out.push(DIGITS[(word >> (4 * (digit % 8)) & 15) as usize] as char);
    }
}

/// All images: path and content.
pub(super) fn images(schedule: &Schedule, mapping: &Mapping) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let adcs = schedule.design.crossbar.adcs();
    let data_bits = adcs * schedule.widths.cell as usize;
    for (layer, (bank, map)) in schedule.banks.iter().zip(&mapping.layers).enumerate() {
        let words = ProgramWord::of_layer(schedule, layer, &map.levels);
        let mut text = format!(
            "// cells of {}: tile_row_group_cells, cell data of {} bits, ADC 0 in the low bits\n",
            bank.name, schedule.widths.cell
        );
        text.reserve(words.len() * (data_bits / 4 + 16));
        for word in &words {
            let (tile, row, group) = (word.tile as u32, word.row as u32, word.group as u32);
            hex(&[tile], 16, &mut text);
            text.push('_');
            hex(&[row], 12, &mut text);
            text.push('_');
            hex(&[group], 12, &mut text);
            text.push('_');
            hex(&program_word(schedule, word), data_bits, &mut text);
            text.push('\n');
        }
        files.push((format!("weights/{}.hex", bank.name), text));
    }
    let mut biases = vec![String::new(); schedule.bias_words];
    for op in schedule.inference_ops().iter().filter(|o| o.target.is_some()) {
        for word in 0..op.bias_period {
            let bias = &mapping.layers[op.layer].parameters.bias;
            let line = &mut biases[op.bias_base + word];
            hex(&bias_word(schedule, bias, word), schedule.lanes * BIAS_BITS as usize, line);
        }
    }
    let lines =
        |rows: Vec<String>| rows.into_iter().map(|l| if l.is_empty() { "0\n".into() } else { l + "\n" }).collect();
    files.push((BIAS_IMAGE.into(), lines(biases)));
    let parameters = mapping
        .layers
        .iter()
        .map(|l| format!("{:02x}", parameter_word(l.parameters.gain, l.parameters.shift)))
        .collect();
    files.push((PARAMETER_IMAGE.into(), lines(parameters)));
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_packed_from_the_low_bits() {
        assert_eq!(packed([1, 2, 3], 12), [0x0300_2001, 0x0]);
        assert_eq!(packed([0xffff, 0x1234, 0xabcd], 16), [0x1234_ffff, 0xabcd]);
        let mut text = String::new();
        hex(&[0x0300_2001, 0x5], 36, &mut text);
        assert_eq!(text, "503002001");
    }
}
