//! Declaring metrics: one line for each, from which its name, its help and its registration come.

/// Declares a struct of metrics. Each is a field whose doc comment is the metric's help and whose name, after the
/// prefix, is the metric's name.
macro_rules! metrics {
    (
        $(#[$doc:meta])*
        pub struct $group:ident in $prefix:literal {
            $($(#[doc = $help:literal])+ pub $name:ident: $kind:ty = $made:expr,)*
        }
    ) => {
        $(#[$doc])*
        pub struct $group {
            $($(#[doc = $help])+ pub $name: $kind,)*
        }

        impl Default for $group {
            fn default() -> Self {
                Self { $($name: $made,)* }
            }
        }

        impl $group {
            /// The names under which they are exposed, each with its type.
            pub const NAMES: &'static [(&'static str, &'static str)] = &[$(
                $crate::metrics::declare::exposed::<$kind>(
                    concat!($prefix, "_", stringify!($name)),
                    concat!($prefix, "_", stringify!($name), "_total"),
                ),
            )*];

            /// Has them exposed.
            pub(super) fn register(&self, registry: &mut prometheus_client::registry::Registry) {
                let registry = registry.sub_registry_with_prefix($prefix);
                $(
                    let help = concat!($($help),+).trim().trim_end_matches('.');
                    registry.register(stringify!($name), help, self.$name.clone());
                )*
            }
        }
    };
}
pub(super) use metrics;

use prometheus_client::metrics::{MetricType, TypedMetric};

/// The name under which a metric of a type is exposed, and that type.
pub(super) const fn exposed<M: TypedMetric>(
    plain: &'static str,
    counted: &'static str,
) -> (&'static str, &'static str) {
    match M::TYPE {
        MetricType::Counter => (counted, "counter"),
        MetricType::Histogram => (plain, "histogram"),
        _ => (plain, "gauge"),
    }
}
