//! Each way in which an IDX file can be wrong, built by hand.

use super::idx::{IdxError, MAX_SIDE, images, labels, parse, read};
use crate::weights::seeded::SplitMix64;
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

fn file(header: [u8; 4], dimensions: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = header.to_vec();
    dimensions.iter().for_each(|d| bytes.extend(d.to_be_bytes()));
    bytes.extend(data);
    bytes
}

/// Two images of 2 rows and 3 columns.
fn good() -> Vec<u8> {
    file([0, 0, 8, 3], &[2, 2, 3], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The error says `wanted`, names the file and has a way out.
fn refused(bytes: &[u8], wanted: &str) -> IdxError {
    let error = parse(bytes).expect_err(wanted);
    let text = error.to_string();
    assert!(text.starts_with("<memory>: ") && text.contains(wanted), "{text} / {wanted}");
    assert!(error.help().len() > 20);
    error
}

#[test]
fn plain_and_gzip_give_the_same_images() {
    let idx = parse(&good()).unwrap();
    assert_eq!(parse(&gzip(&good())).unwrap(), idx);
    let images = images(idx, "x").unwrap();
    assert_eq!(images.dim(), (2, 2, 3, 1));
    assert_eq!(images[[1, 0, 2, 0]], 9);
}

#[test]
fn four_dimensions_are_channels_last() {
    let idx = parse(&file([0, 0, 8, 4], &[1, 2, 2, 3], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])).unwrap();
    let images = images(idx, "x").unwrap();
    assert_eq!((images.dim(), images[[0, 1, 0, 2]]), ((1, 2, 2, 3), 8));
}

#[test]
fn labels_have_one_dimension() {
    assert_eq!(labels(parse(&file([0, 0, 8, 1], &[3], &[7, 2, 1])).unwrap(), "x").unwrap(), [7, 2, 1]);
    let swapped = labels(parse(&good()).unwrap(), "x").unwrap_err();
    assert!(matches!(swapped, IdxError::Dimensions { found: 3, .. }), "{swapped}");
    let swapped = images(parse(&file([0, 0, 8, 1], &[1], &[0])).unwrap(), "x").unwrap_err();
    assert!(matches!(swapped, IdxError::Dimensions { found: 1, .. }), "{swapped}");
}

#[test]
fn wrong_magic() {
    let mut bytes = good();
    bytes[1] = 1;
    assert!(matches!(refused(&bytes, "starts with 00 01 08 03"), IdxError::Magic { .. }));
    assert!(matches!(refused(b"\x89PNG\r\n", "starts with 89 50 4e 47"), IdxError::Magic { .. }));
    assert!(matches!(refused(&gzip(b"text"), "starts with"), IdxError::Magic { .. }));
}

#[test]
fn types_other_than_unsigned_byte() {
    for (code, name) in
        [(9, "signed byte"), (0xb, "16-bit"), (0xc, "32-bit int"), (0xd, "32-bit float"), (7, "unknown")]
    {
        let bytes = file([0, 0, code, 3], &[1, 1, 1], &[0; 8]);
        assert!(matches!(refused(&bytes, name), IdxError::ElementType { .. }));
    }
}

#[test]
fn number_of_dimensions() {
    for rank in [0, 5, 255] {
        let bytes = file([0, 0, 8, rank], &[1; 8], &[0]);
        assert!(matches!(refused(&bytes, "dimensions, allowed are 1 to 4"), IdxError::Dimensions { .. }));
    }
}

#[test]
fn no_items() {
    for dimensions in [[0, 28, 28], [2, 0, 28], [2, 28, 0]] {
        let bytes = file([0, 0, 8, 3], &dimensions, &[]);
        assert!(matches!(refused(&bytes, "hold no element"), IdxError::Empty { .. }));
    }
}

#[test]
fn absurd_dimensions_are_refused_before_memory_is_taken() {
    for dimensions in [[u32::MAX; 3], [1 << 20, 1 << 20, 1]] {
        let bytes = file([0, 0, 8, 3], &dimensions, &[0; 100]);
        assert!(matches!(refused(&bytes, "more than the allowed"), IdxError::TooLarge { .. }));
    }
    // Within the limit but not there: an error, and only the ten bytes that are there were read.
    let bytes = file([0, 0, 8, 3], &[1 << 18, 64, 64], &[0; 10]);
    assert!(matches!(refused(&bytes, "10 are there"), IdxError::Short { found: 10, .. }));
    let wide = parse(&file([0, 0, 8, 3], &[1, 1, MAX_SIDE as u32 + 1], &[0; MAX_SIDE + 1])).unwrap();
    assert!(matches!(images(wide, "x"), Err(IdxError::TooLarge { .. })));
}

#[test]
fn every_cut_of_a_plain_file() {
    for length in 0..good().len() {
        let error = refused(&good()[..length], "cut short");
        match length {
            0..16 => {
                assert!(matches!(error, IdxError::ShortHeader { found, .. } if found == length))
            }
            _ => assert!(matches!(error, IdxError::Short { found, wanted: 12, .. } if found == length - 16)),
        }
    }
}

#[test]
fn every_cut_of_a_gzip_file() {
    let bytes = gzip(&good());
    assert!(parse(&bytes[..1]).is_err());
    for length in 2..bytes.len() {
        assert!(matches!(refused(&bytes[..length], "gzip stream is cut short"), IdxError::ShortGzip { .. }));
    }
    // The stream is complete, what it holds is not.
    assert!(matches!(refused(&gzip(&good()[..20]), "4 are there"), IdxError::Short { found: 4, .. }));
}

#[test]
fn damaged_gzip() {
    let mut bytes = gzip(&good());
    let crc = bytes.len() - 8;
    bytes[crc] ^= 1;
    assert!(matches!(refused(&bytes, "damaged"), IdxError::BadGzip { .. }));
}

#[test]
fn trailing_bytes() {
    let mut bytes = good();
    bytes.push(0);
    assert!(matches!(refused(&bytes, "goes on after the 12 bytes"), IdxError::Trailing { .. }));
    assert!(matches!(refused(&gzip(&bytes), "goes on"), IdxError::Trailing { .. }));
    let mut bytes = gzip(&good());
    bytes.extend([0; 3]);
    assert!(matches!(refused(&bytes, "3 bytes follow"), IdxError::TrailingGzip { found: 3, .. }));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = read(std::path::Path::new("nowhere/at-all")).unwrap_err();
    assert!(error.to_string().starts_with("nowhere/at-all: cannot be read"), "{error}");
}

/// Random changes, cuts and insertions: an error or a consistent result, never a panic.
#[test]
fn mutations_never_panic() {
    let mut random = SplitMix64::new(1);
    let mut accepted = 0;
    for round in 0..20_000 {
        let mut bytes = if round % 2 == 0 { good() } else { gzip(&good()) };
        for _ in 0..=random.next_u64() % 3 {
            let place = (random.next_u64() as usize) % (bytes.len() + 1);
            match random.next_u64() % 4 {
                0 => bytes.truncate(place),
                1 => bytes.insert(place, random.next_u64() as u8),
                _ if place < bytes.len() => bytes[place] = random.next_u64() as u8,
                _ => {}
            }
        }
        if let Ok(idx) = parse(&bytes) {
            assert_eq!(idx.dimensions.iter().product::<usize>(), idx.data.len());
            let _ = images(idx.clone(), "x").is_ok() || labels(idx, "x").is_ok();
            accepted += 1;
        }
    }
    // Changes to nothing but pixels are valid; most others are not.
    assert!((500..5_000).contains(&accepted), "{accepted} accepted");
}
