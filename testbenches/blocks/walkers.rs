//! The address generators against the schedule's segments and plain loops.

use crate::common::{Bench, EIGHT, PAIR, Random, STEPS, WIDE, preset, schedule};
use memgan::rtl::blocks::{run_walker, window_walker};
use memgan::schedule::{OpKind, Schedule, Segment, Window, WindowSegments};

/// Sets the operation's fields as the schedule ROM does.
fn set_window(bench: &mut Bench, w: &Window) {
    for (name, value) in [
        ("kernel_last", w.kernel - 1),
        ("row_len", w.row_len),
        ("image_rows", w.image_rows),
        ("image_row_len", w.image_row_len),
        ("stride", w.stride),
        ("step", w.step),
        ("row_step", w.stride * w.image_row_len),
        ("padding", w.padding),
        ("padding_len", w.padding_len),
        ("padding_rows_len", w.padding * w.image_row_len),
        ("positions_x_last", w.positions_x - 1),
        ("positions_y_last", w.positions_y - 1),
    ] {
        bench.set(&format!("{name}_i"), value);
    }
}

/// Starts the walker, whatever it was doing.
fn start(bench: &mut Bench) {
    bench.set("start_i", 1u64);
    bench.set("segment_ready_i", 0u64);
    bench.tick();
    bench.set("start_i", 0u64);
}

/// Takes segments with ready in some cycles and compares each; `limit` segments at most. Stops when none is offered.
fn expect(bench: &mut Bench, expected: &[Segment], limit: usize, ready: u32, random: &mut Random, has_index: bool) {
    let mut at = 0;
    while at < expected.len().min(limit) {
        let take = random.percent(ready);
        bench.set("segment_ready_i", u64::from(take));
        bench.eval();
        // The first segment is there in the first cycle after the start, and the next ones without a gap.
        assert!(bench.flag("segment_valid_o"), "segment {at} of {} is not offered", expected.len());
        let want = &expected[at];
        assert_eq!(bench.get("segment_len_o") as usize, want.len, "length of segment {at}");
        if want.len > 0 {
            assert_eq!(bench.get("segment_address_o") as usize, want.address, "address of segment {at}");
            if has_index {
                assert_eq!(bench.get("segment_index_o") as usize, want.index, "index of segment {at}");
            }
        }
        assert_eq!(bench.flag("segment_last_o"), want.last, "last of segment {at}");
        assert_eq!(bench.flag("segment_final_o"), at + 1 == expected.len(), "final of segment {at}");
        bench.tick();
        at += usize::from(take);
    }
    if limit >= expected.len() {
        for _ in 0..3 {
            bench.set("segment_ready_i", random.below(2));
            bench.eval();
            assert!(!bench.flag("segment_valid_o"), "a segment after the final one");
            bench.tick();
        }
    }
}

/// A window whose vector, image and position count the design's counters hold.
fn random_window(random: &mut Random, elements: usize, positions: usize) -> Window {
    loop {
        let (kernel, stride) = (random.between(1, 6), random.between(1, 4));
        let (channels, padding) = (random.between(1, 4), random.below(kernel));
        let (height, width) = (random.between(1, 9), random.between(1, 9));
        let sizes = [height * width, kernel * kernel, stride * width, padding * width].map(|n| n * channels);
        if height.min(width) + 2 * padding < kernel || sizes.iter().any(|&n| n > elements) {
            continue;
        }
        let across = |side: usize| (side + 2 * padding - kernel) / stride + 1;
        // A transposed convolution may stop short of the last position that fits.
        let (x, y) = (random.between(1, across(width)), random.between(1, across(height)));
        if x * y <= positions {
            return Window {
                kernel,
                row_len: kernel * channels,
                image_rows: height,
                image_row_len: width * channels,
                stride,
                step: stride * channels,
                padding,
                padding_len: padding * channels,
                positions_x: x,
                positions_y: y,
            };
        }
    }
}

fn most(schedule: &Schedule) -> (usize, usize) {
    let elements = schedule.tensors.iter().map(|t| t.shape.len()).max().unwrap();
    (elements, schedule.ops.iter().map(|o| o.positions).max().unwrap())
}

fn windows(schedule: &Schedule) {
    let mut bench = Bench::new(&window_walker(schedule));
    let mut random = Random::new(11);
    let own: Vec<Window> = schedule.ops.iter().filter_map(|o| o.window).collect();
    assert!(!own.is_empty());
    let (elements, positions) = most(schedule);
    let drawn = (0..60).map(|_| random_window(&mut random, elements, positions)).collect::<Vec<_>>();
    for (i, window) in own.iter().chain(&drawn).enumerate() {
        let expected: Vec<Segment> = WindowSegments::new(*window).collect();
        set_window(&mut bench, window);
        // An operation that is broken off leaves nothing behind.
        for (limit, ready) in [(random.below(expected.len()), 60), (usize::MAX, [100, 50, 15][i % 3])] {
            start(&mut bench);
            expect(&mut bench, &expected, limit, ready, &mut random, true);
        }
    }
}

#[test]
fn windows_of_tiny() {
    windows(&preset("tiny"));
}

#[test]
fn windows_with_two_lanes() {
    windows(&schedule(PAIR));
}

#[test]
fn windows_with_eight_lanes() {
    windows(&schedule(EIGHT));
}

#[test]
fn windows_with_thirty_two_lanes() {
    windows(&schedule(WIDE));
}

#[test]
fn windows_of_the_largest_preset() {
    windows(&preset("am-dcgan"));
}

#[test]
fn runs() {
    for schedule in [preset("tiny"), schedule(PAIR), schedule(WIDE)] {
        let mut bench = Bench::new(&run_walker(&schedule));
        let mut random = Random::new(12);
        let (elements, positions) = most(&schedule);
        let own = schedule.ops.iter().filter(|o| o.kind != OpKind::GatherWindow).map(|o| (o.drain_len, o.positions));
        let mut cases: Vec<(usize, usize)> = own.filter(|c| c.0 > 0).collect();
        for _ in 0..40 {
            let count = random.between(1, positions);
            cases.push((random.between(1, (elements / count).max(1)), count));
        }
        for (len, count) in cases {
            let run = |i| Segment { address: i * len, index: 0, len, last: true };
            let expected: Vec<Segment> = (0..count).map(run).collect();
            bench.set("len_i", len);
            bench.set("positions_last_i", count - 1);
            for (limit, ready) in [(random.below(count), 50), (usize::MAX, random.pick(&[100, 40]))] {
                start(&mut bench);
                expect(&mut bench, &expected, limit, ready, &mut random, false);
            }
        }
    }
}

#[test]
fn steps_larger_than_the_image() {
    windows(&schedule(STEPS));
}

/// The comparison itself: a wrong expectation is noticed.
#[test]
#[should_panic(expected = "address of segment 3")]
fn a_wrong_address_is_noticed() {
    let schedule = schedule(PAIR);
    let mut bench = Bench::new(&run_walker(&schedule));
    let mut expected: Vec<Segment> = (0..4).map(|i| Segment { address: 2 * i, index: 0, len: 2, last: true }).collect();
    expected[3].address += 1;
    bench.set("len_i", 2u64);
    bench.set("positions_last_i", 3u64);
    start(&mut bench);
    expect(&mut bench, &expected, usize::MAX, 100, &mut Random::new(1), false);
}
