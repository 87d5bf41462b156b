//! The names that installments plans have for things.

use super::names;

names! {
    /// What a plan is for: it is offered to no other type of payment method.
    PlanMethod {
        /// Cards, by their first digits where the plan has any.
        Card = "CARD",
        /// What a customer of Nubank has enrolled.
        NuPayEnrollment = "NU_PAY_ENROLLMENT",
        /// Apple's wallet.
        ApplePay = "APPLE_PAY",
    }
}

names! {
    /// Who pays for the time that an instalment takes.
    InstallmentType {
        /// The customer: the payment is deferred with interest.
        Merchant = "MERCHANT_INSTALLMENTS",
        /// The issuer: it is deferred without.
        Issuer = "ISSUER_INSTALLMENTS",
    }
}
