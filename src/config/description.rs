//! Raw types to a [`Design`]: the networks, and what the parts of a description owe each other.

use super::design::{Activation, Design, LatentDistribution, Network, PixelRange, Role, Shape};
use super::error::{ConfigError, Problem, ProblemKind, Source};
use super::hardware;
use super::layers::{MAX_ELEMENTS, Resolver};
use super::located::Located;
use super::name::check_name;
use super::raw::{RawClassifier, RawDescription, RawGan};
use super::raw_layer::{RawActivation, RawLayer};
use super::raw_shape::RawShape;

/// Classes that a classifier may tell apart.
const CLASSES: std::ops::RangeInclusive<usize> = 2..=1024;

type Layers = Located<Vec<RawLayer>>;

/// Checks what several keys decide together and resolves the shapes.
pub(super) fn resolve(source: Source, raw: &RawDescription) -> Result<Design, ConfigError> {
    check_name(source, &raw.name)?;
    let resolver = DescriptionResolver { source };
    let parts = match (&raw.gan, &raw.classifier) {
        (Some(gan), None) => resolver.gan(raw, &gan.value, gan)?,
        (None, Some(classifier)) => resolver.classifier(raw, &classifier.value, classifier)?,
        (Some(_), Some(classifier)) => {
            return Err(resolver
                .misplaced("classifier", classifier, "a description holds either a [gan] or a [classifier]")
                .into());
        }
        (None, None) => {
            return Err(source
                .problem(ProblemKind::MissingKey, "gan", 0..0)
                .message("missing key `gan` (or `classifier`)")
                .allowed("a [gan] or a [classifier] table")
                .help("add [gan] with `latent` and `image`, or [classifier] with `image`")
                .into());
        }
    };
    let crossbar = hardware::crossbar(source, &raw.crossbar)?;
    let device = hardware::device(source, &raw.device, &crossbar)?;
    let lanes = hardware::lanes(source, &raw.buffer, &crossbar)?;
    let design = Design {
        name: raw.name.value.clone(),
        networks: parts.networks,
        image: parts.image,
        pixel_range: parts.pixel_range,
        latent: parts.latent,
        dropout_at_inference: parts.dropout_at_inference,
        lanes,
        crossbar,
        device,
        converter: hardware::converter(&raw.converter),
        clock_mhz: raw.clock.mhz.value,
        training: hardware::training(source, raw.training.as_ref(), lanes)?,
    };
    hardware::limits(source, raw, &design)?;
    Ok(design)
}

struct Parts {
    networks: Vec<Network>,
    image: Shape,
    pixel_range: PixelRange,
    latent: LatentDistribution,
    dropout_at_inference: bool,
}

struct DescriptionResolver<'a> {
    source: Source<'a>,
}

impl<'a> DescriptionResolver<'a> {
    fn gan<T>(&self, raw: &RawDescription, gan: &RawGan, table: &Located<T>) -> Result<Parts, ConfigError> {
        self.forbid("layers", raw.layers.as_ref(), "a [gan] has [[generator]] and [[discriminator]] layers")?;
        let generator_layers = self.require("generator", raw.generator.as_ref(), table)?;
        let discriminator_layers = self.require("discriminator", raw.discriminator.as_ref(), table)?;
        let image = self.image("gan.image", &gan.image)?;
        let mut weights = 0;

        let end = self.end(Role::Generator, "generator");
        let latent = Shape::vector(gan.latent.size());
        let generator = end.resolver.network(latent, generator_layers, &mut weights)?;
        end.check_output(generator_layers, &generator, generator.output() == image, &format!("the image, {image}"))?;
        end.check_activation(generator_layers, &[RawActivation::Sigmoid, RawActivation::Tanh])?;

        let end = self.end(Role::Discriminator, "discriminator");
        let discriminator = end.resolver.network(image, discriminator_layers, &mut weights)?;
        end.check_output(discriminator_layers, &discriminator, discriminator.output().len() == 1, "one value")?;
        end.check_activation(discriminator_layers, &[RawActivation::Sigmoid, RawActivation::Linear])?;

        Ok(Parts {
            pixel_range: self.pixel_range(gan, &generator)?,
            networks: vec![generator, discriminator],
            image,
            latent: gan.latent_distribution,
            dropout_at_inference: gan.dropout_at_inference,
        })
    }

    fn classifier<T>(
        &self,
        raw: &RawDescription,
        classifier: &RawClassifier,
        table: &Located<T>,
    ) -> Result<Parts, ConfigError> {
        self.forbid("generator", raw.generator.as_ref(), "a [classifier] has [[layers]]")?;
        self.forbid("discriminator", raw.discriminator.as_ref(), "a [classifier] has [[layers]]")?;
        let layers = self.require("layers", raw.layers.as_ref(), table)?;
        let image = self.image("classifier.image", &classifier.image)?;
        let end = self.end(Role::Classifier, "layers");
        let network = end.resolver.network(image, layers, &mut 0)?;
        let wanted = format!("{} to {} values, one a class", CLASSES.start(), CLASSES.end());
        end.check_output(layers, &network, CLASSES.contains(&network.output().len()), &wanted)?;
        end.check_activation(layers, &[RawActivation::Linear, RawActivation::Sigmoid])?;
        Ok(Parts {
            networks: vec![network],
            image,
            pixel_range: classifier.pixel_range,
            latent: LatentDistribution::Normal,
            dropout_at_inference: classifier.dropout_at_inference,
        })
    }

    fn end(&self, role: Role, section: &'static str) -> End<'a> {
        End { resolver: Resolver { source: self.source, section, role } }
    }

    fn image(&self, key: &str, image: &Located<RawShape>) -> Result<Shape, ConfigError> {
        let shape = image.value.shape();
        if shape.len() <= MAX_ELEMENTS {
            return Ok(shape);
        }
        Err(self
            .source
            .blame(ProblemKind::Inconsistent, key, image)
            .message(format!("the image, {shape}, has {} values", shape.len()))
            .allowed(format!("at most {MAX_ELEMENTS} values"))
            .help("use a smaller image or fewer channels")
            .into())
    }

    /// The images that the discriminator sees are real ones and generated ones, so both must have the same range.
    fn pixel_range(&self, gan: &RawGan, generator: &Network) -> Result<PixelRange, ConfigError> {
        let (yielded, activation) = match generator.layers.last().map(|layer| layer.activation) {
            Some(Activation::Tanh) => (PixelRange::Symmetric, "tanh"),
            _ => (PixelRange::Unit, "sigmoid"),
        };
        match &gan.pixel_range {
            Some(given) if given.value != yielded => {
                let name = if yielded == PixelRange::Unit { "\"unit\"" } else { "\"symmetric\"" };
                let span = given.span.clone().unwrap_or(0..0);
                let shown = self.source.shown(span.clone());
                Err(self
                    .source
                    .problem(ProblemKind::Inconsistent, "gan.pixel_range", span)
                    .message(format!("`gan.pixel_range` is {shown}, but the generator ends in {activation}"))
                    .value(shown)
                    .allowed(name)
                    .help("remove the key, or change the activation of the generator's last layer")
                    .into())
            }
            _ => Ok(yielded),
        }
    }

    fn require<'l, T>(
        &self,
        key: &str,
        layers: Option<&'l Layers>,
        table: &Located<T>,
    ) -> Result<&'l [RawLayer], ConfigError> {
        layers.map(|layers| layers.value.as_slice()).ok_or_else(|| {
            self.source
                .problem(ProblemKind::MissingKey, key, table.span.clone().unwrap_or(0..0))
                .message(format!("missing key `{key}`"))
                .allowed("an array of 1 to 64 tables")
                .help(format!("add [[{key}]] tables, one a layer"))
                .into()
        })
    }

    fn forbid(&self, key: &str, layers: Option<&Layers>, why: &str) -> Result<(), ConfigError> {
        layers.map_or(Ok(()), |layers| Err(self.misplaced(key, layers, why).into()))
    }

    fn misplaced<T>(&self, key: &str, located: &Located<T>, why: &str) -> Problem {
        self.source
            .problem(ProblemKind::Inconsistent, key, located.span.clone().unwrap_or(0..0))
            .message(format!("`{key}` does not go here: {why}"))
            .allowed("absent")
            .help("remove one of the two")
    }
}

/// What the last layer of a network owes.
struct End<'a> {
    resolver: Resolver<'a>,
}

impl End<'_> {
    fn check_output(&self, raw: &[RawLayer], network: &Network, good: bool, wanted: &str) -> Result<(), ConfigError> {
        let (false, Some(last)) = (good, raw.last()) else { return Ok(()) };
        let shapes = network.layers.iter().map(|layer| format!(" -> {}", layer.output)).collect::<String>();
        let section = self.resolver.section;
        Err(self
            .resolver
            .width_fault(raw.len() - 1, last)
            .message(format!("`{section}` ends in {}, but must end in {wanted}", network.output()))
            .allowed(wanted)
            .help(format!("the shapes are {}{shapes}", network.input))
            .into())
    }

    fn check_activation(&self, raw: &[RawLayer], allowed: &[RawActivation]) -> Result<(), ConfigError> {
        let Some(last) = raw.last() else { return Ok(()) };
        let index = raw.len() - 1;
        let Resolver { source, section, .. } = self.resolver;
        let common = last.common();
        if !allowed.contains(&common.activation.value) {
            let names: Vec<_> = allowed.iter().map(|activation| format!("\"{}\"", activation.name())).collect();
            let span = common.activation.span.clone().unwrap_or(0..0);
            let shown = source.shown(span.clone());
            return Err(source
                .problem(ProblemKind::Inconsistent, self.resolver.key(index, "activation"), span)
                .message(format!("the last layer of `{section}` cannot end in {shown}"))
                .value(shown)
                .allowed(format!("one of {}", names.join(", ")))
                .help("the activation of the last layer gives the range of the result")
                .into());
        }
        if common.dropout.value > 0.0 {
            return Err(source
                .blame(ProblemKind::Inconsistent, self.resolver.key(index, "dropout"), common.dropout)
                .message(format!("the last layer of `{section}` cannot have dropout"))
                .allowed("0")
                .help("it would zero values of the result: remove the key")
                .into());
        }
        Ok(())
    }
}
