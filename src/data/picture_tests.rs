//! Pictures and atomic files.

use super::atomic::{self, Sync};
use super::png_grid::{Arrange, Canvas, Grid, GridError, Panel, difference, drawable};
use super::{font, synthetic};
use crate::config::Shape;
use ndarray::Array4;
use std::fs;
use std::path::Path;

fn panel(caption: &str, images: Array4<u8>, columns: usize) -> Panel {
    Panel { caption: caption.into(), images, columns }
}

fn decode(bytes: &[u8]) -> Canvas {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let channels = info.color_type.samples();
    Canvas { width: info.width as usize, height: info.height as usize, channels, pixels }
}

#[test]
fn one_image_is_enlarged_without_interpolation() {
    let images = Array4::from_shape_vec((1, 2, 2, 1), vec![10, 200, 30, 40]).unwrap();
    let panels = vec![panel("", images, 1)];
    let canvas = Grid { panels, arrange: Arrange::Down, scale: 2, gap: 1 }.draw().unwrap();
    assert_eq!((canvas.width, canvas.height, canvas.channels), (6, 6, 1));
    let (edge, top) = ([56; 6], [56, 10, 10, 200, 200, 56]);
    let bottom = [56, 30, 30, 40, 40, 56];
    assert_eq!(canvas.pixels, [edge, top, top, bottom, bottom, edge].concat());
}

#[test]
fn panels_and_rows_have_their_places() {
    let pixel = |values: &[u8]| Array4::from_shape_vec((values.len(), 1, 1, 1), values.to_vec()).unwrap();
    let panels = vec![panel("", pixel(&[1, 2, 3]), 2), panel("", pixel(&[4, 5]), 1)];
    let draw = |arrange| Grid { panels: panels.clone(), arrange, scale: 1, gap: 1 }.draw().unwrap();
    let b = 56;
    let rows = [[b; 8], [b, 1, b, 2, b, b, 4, b], [b; 8], [b, 3, b, b, b, b, 5, b], [b; 8]];
    let across = draw(Arrange::Across);
    assert_eq!((across.width, across.pixels), (8, rows.concat()));
    let column = |row: [u8; 3]| [b, row[0], row[1], row[2], b];
    let rows = [[b; 3], [1, b, 2], [b; 3], [3, b, b], [b; 3], [b; 3], [4, b, b], [b; 3], [5, b, b], [b; 3]];
    let down = draw(Arrange::Down);
    assert_eq!((down.width, down.pixels), (5, rows.map(column).concat()));
}

#[test]
fn colours_and_grey_share_a_picture() {
    let colour = Array4::from_shape_vec((1, 1, 1, 3), vec![1, 2, 3]).unwrap();
    let grey = Array4::from_elem((1, 1, 1, 1), 9);
    let panels = vec![panel("", colour, 1), panel("", grey, 1)];
    let canvas = Grid { panels, arrange: Arrange::Across, scale: 1, gap: 0 }.draw().unwrap();
    assert_eq!((canvas.channels, canvas.pixels.as_slice()), (3, &[1, 2, 3, 9, 9, 9][..]));
}

#[test]
fn captions_are_legible_and_never_cut() {
    let images = Array4::zeros((1, 1, 1, 1));
    let grid = Grid { panels: vec![panel("golden", images, 1)], arrange: Arrange::Down, scale: 1, gap: 2 };
    let canvas = grid.draw().unwrap();
    // Every glyph is found where it must be, with ink where the font has it.
    for (index, character) in "golden".chars().enumerate() {
        for (y, bits) in font::glyph(character).into_iter().enumerate() {
            for x in 0..font::WIDTH {
                let pixel = canvas.pixels[(2 + y) * canvas.width + 2 + index * 6 + x];
                assert_eq!(pixel == 235, bits >> (4 - x) & 1 == 1, "{character} {x},{y}");
            }
        }
    }
}

#[test]
fn the_font_is_sorted_and_distinct() {
    let hollow = font::glyph('\u{fffd}');
    let printable: Vec<_> = ('!'..='~').filter(|&c| !"$@\\`{}~".contains(c)).collect();
    for (index, &c) in printable.iter().enumerate() {
        assert_ne!(font::glyph(c), hollow, "{c} is missing");
        assert!(printable[..index].iter().all(|&other| font::glyph(other) != font::glyph(c)), "{c} is a copy");
    }
}

#[test]
fn png_is_deterministic_and_decodes() {
    let digits = synthetic::digits(Shape::new(28, 28, 1), 20, 3).images;
    let wrong = digits.mapv(|p| p.wrapping_add(u8::from(p > 128)));
    let panels = vec![
        panel("RTL", digits.clone(), 20),
        panel("golden", wrong.clone(), 20),
        panel("difference", difference(digits.view(), wrong.view(), 255), 20),
    ];
    let grid = Grid::new(Arrange::Down, panels);
    let canvas = grid.draw().unwrap();
    assert_eq!(decode(&canvas.png()), canvas);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("grid.png");
    grid.write(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), grid.draw().unwrap().png());
    // With MEMGAN_SHOW=DIR the pictures are kept to be looked at.
    if let Some(show) = std::env::var_os("MEMGAN_SHOW") {
        let show = Path::new(&show);
        grid.write(&show.join("compare.png")).unwrap();
        let groups = [28, 16, 8].map(|side| {
            let set = synthetic::digits(Shape::new(side, side, 1), 60, 3);
            panel(&format!("{side}x{side}"), set.images, 10)
        });
        for group in groups {
            let name = format!("{}.png", group.caption);
            Grid::new(Arrange::Across, vec![group]).write(&show.join(name)).unwrap();
        }
        let colour = synthetic::digits(Shape::new(32, 32, 3), 20, 3).images;
        let text = "The quick brown fox 0123456789 jumps over (a) lazy dog: 5% + [x] = y? & #1 * z!";
        let panels = vec![panel("RGB", colour.clone(), 5), panel("again", colour, 5), panel(text, digits, 4)];
        Grid::new(Arrange::Down, panels).write(&show.join("colour.png")).unwrap();
    }
}

#[test]
fn what_cannot_be_drawn() {
    let draw = |images, columns, scale| {
        Grid { panels: vec![panel("p", images, columns)], arrange: Arrange::Down, scale, gap: 1 }.draw()
    };
    assert!(matches!(draw(Array4::zeros((0, 2, 2, 1)), 1, 1), Err(GridError::NoImages { .. })));
    assert!(matches!(draw(Array4::zeros((1, 2, 2, 2)), 1, 1), Err(GridError::Channels { found: 2, .. })));
    assert!(matches!(draw(Array4::zeros((1, 2, 2, 1)), 0, 1), Err(GridError::Range { .. })));
    assert!(matches!(draw(Array4::zeros((1, 2, 2, 1)), 1, 0), Err(GridError::Range { .. })));
    let error = draw(Array4::zeros((400, 28, 28, 1)), 20, 64).unwrap_err();
    assert!(error.to_string().contains("number of pixels"), "{error}");
    let none = Grid { panels: vec![], arrange: Arrange::Down, scale: 1, gap: 1 };
    assert!(matches!(none.draw(), Err(GridError::NoImages { .. })));
}

#[test]
fn files_are_replaced_whole() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    atomic::write(&path, b"old", Sync::No).unwrap();
    atomic::write(&path, b"new", Sync::Yes).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    // A failure half way leaves the old file and nothing beside it.
    let error = atomic::write_with(&path, Sync::No, |file| {
        file.write_all(&[0; 100_000])?;
        Err(std::io::Error::other("stopped"))
    });
    let text = error.unwrap_err().to_string();
    assert!(text.contains("file: writing: stopped"), "{text}");
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn errors_name_the_target_and_the_reason() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("no/such/file");
    let error = atomic::write(&path, b"", Sync::No).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("no/such/file: creating: "), "{text}");
    assert!(!text.contains(".memgan-"), "{text}");
    assert!(error.help().starts_with("create the directory"), "{}", error.help());
    #[cfg(target_os = "linux")]
    assert!(text.ends_with("No such file or directory (os error 2)"), "{text}");
    let error = atomic::write(directory.path(), b"", Sync::No).unwrap_err();
    assert!(error.help().contains("directory"), "{error} {}", error.help());
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn written_files_have_the_usual_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let (usual, ours) = (directory.path().join("usual"), directory.path().join("ours"));
    fs::write(&usual, b"").unwrap();
    atomic::write(&ours, b"", Sync::No).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&ours), mode(&usual));
}

#[test]
fn channels_that_are_no_colour_are_drawn_below_each_other() {
    let images = Array4::from_shape_fn((2, 3, 4, 2), |(n, y, x, c)| (n * 100 + c * 50 + y * 10 + x) as u8);
    let drawn = drawable(images);
    assert_eq!(drawn.dim(), (2, 6, 4, 1));
    assert_eq!((drawn[[1, 2, 3, 0]], drawn[[1, 3, 0, 0]], drawn[[0, 5, 1, 0]]), (123, 150, 71));
    assert_eq!(drawable(Array4::zeros((1, 2, 2, 3))).dim(), (1, 2, 2, 3));
}
