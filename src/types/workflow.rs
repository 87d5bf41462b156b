//! How a payment of a session is made.

use super::text_column;

/// How the payment of a checkout session is made. Only some need a session; all are taken on one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Workflow {
    /// The SDK draws the checkout, the merchant's backend creates the payment.
    #[default]
    SdkCheckout,
    /// The hosted checkout does both.
    Checkout,
    /// The SDK shows single methods.
    SdkLite,
    /// The SDK draws the checkout and creates the payment.
    SdkSeamless,
    /// The merchant draws the checkout, the SDK makes tokens.
    SdkHeadless,
    /// Backend to backend.
    Direct,
    /// Backend to backend, the customer is sent to the provider.
    Redirect,
}

impl Workflow {
    /// Every workflow, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::SdkCheckout,
        Self::Checkout,
        Self::SdkLite,
        Self::SdkSeamless,
        Self::SdkHeadless,
        Self::Direct,
        Self::Redirect,
    ];

    /// Takes one of the names.
    ///
    /// # Errors
    /// What is wrong, in words for the sender.
    pub fn parse(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|workflow| workflow.as_str() == name)
            .ok_or_else(|| format!("must be one of {}", Self::ALL.map(|workflow| workflow.as_str()).join(", ")))
    }

    /// Whether the customer may make the payment, with the public key alone: the hosted checkout and a seamless SDK do.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Checkout | Self::SdkSeamless)
    }

    /// The API's name of it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::SdkCheckout => "SDK_CHECKOUT",
            Self::Checkout => "CHECKOUT",
            Self::SdkLite => "SDK_LITE",
            Self::SdkSeamless => "SDK_SEAMLESS",
            Self::SdkHeadless => "SDK_HEADLESS",
            Self::Direct => "DIRECT",
            Self::Redirect => "REDIRECT",
        }
    }
}

text_column!(Workflow);
