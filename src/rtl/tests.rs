use super::*;
use crate::config::*;
use crate::hdl::Printer;
use crate::schedule::Schedule;

pub fn tiny() -> Design {
    let l = |name: &str, op, activation, input, output| Layer { name: name.into(), op, activation, dropout: 0.0, input, output };
    let leaky = Activation::LeakyRelu { shift: 2 };
    Design {
        name: "tiny".into(),
        networks: vec![
            Network {
                role: Role::Generator,
                input: Shape::vector(8),
                layers: vec![
                    l("generator_0", LayerOp::Dense, leaky, Shape::vector(8), Shape::new(4, 4, 4)),
                    l("generator_1", LayerOp::ConvTranspose { kernel: 4, stride: 2, padding: 1, output_padding: 0 }, Activation::Sigmoid, Shape::new(4, 4, 4), Shape::new(8, 8, 1)),
                ],
            },
            Network {
                role: Role::Discriminator,
                input: Shape::new(8, 8, 1),
                layers: vec![
                    l("discriminator_0", LayerOp::Conv { kernel: 4, stride: 2, padding: 1 }, leaky, Shape::new(8, 8, 1), Shape::new(4, 4, 4)),
                    l("discriminator_1", LayerOp::Dense, Activation::Sigmoid, Shape::new(4, 4, 4), Shape::vector(1)),
                ],
            },
        ],
        image: Shape::new(8, 8, 1),
        pixel_range: PixelRange::Unit,
        latent: LatentDistribution::Normal,
        dropout_at_inference: false,
        crossbar: Crossbar { rows: 16, columns: 16, columns_per_adc: 4, pair: PairScheme::Differential },
        device: Device { r_on_ohm: 4e4, r_off_ohm: 2.5e5, levels: 64, threshold_v: 0.8, write_v: 1.0, read_v: 0.2, pulse_ns: 1000.0 },
        converter: Converter { dac_bits: 8, adc_bits: 8, signed_input: SignedInput::Dac, settle_cycles: 4, sample_cycles: 1, conversion_cycles: 12 },
        clock_mhz: 100.0,
        lanes: 4,
    }
}

#[test]
fn print_tiny() {
    let schedule = Schedule::new(&tiny());
    let rtl = top(&schedule, CrossbarView::Behavioural);
    let dir = std::path::Path::new("/tmp/t/out");
    std::fs::create_dir_all(dir).unwrap();
    for (name, text) in Printer::new("0.1.0", "0").print(&*rtl.top) {
        std::fs::write(dir.join(format!("{name}.v")), text).unwrap();
    }
}
