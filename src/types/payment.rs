//! The states of payments, transactions and enrollments, by the names that the API has for them.

use super::names;

names! {
    /// What a transaction asks of a provider.
    TransactionType {
        /// Take the money at once.
        Purchase = "PURCHASE",
        /// Hold the money, to be captured later.
        Authorize = "AUTHORIZE",
        /// Ask whether the card is good, without money.
        Verify = "VERIFY",
        /// Take held money.
        Capture = "CAPTURE",
        /// Let held money go, or give a pending payment up.
        Cancel = "CANCEL",
        /// Give money back.
        Refund = "REFUND",
        /// A dispute, which the cardholder's bank asks for. Only tests open one.
        Chargeback = "CHARGEBACK",
        /// Authenticate the cardholder.
        ThreeDSecure = "THREE_D_SECURE",
    }
}

names! {
    /// How a transaction stands.
    TransactionStatus {
        /// Sent, or waiting for the customer.
        Created = "CREATED",
        /// The provider has not decided yet.
        Pending = "PENDING",
        /// Done.
        Succeeded = "SUCCEEDED",
        /// Refused by the provider.
        Declined = "DECLINED",
        /// Refused before a provider was asked.
        Rejected = "REJECTED",
        /// Failed.
        Error = "ERROR",
        /// Its time ran out.
        Expired = "EXPIRED",
        /// Given up by the merchant.
        Canceled = "CANCELED",
        /// A dispute that the merchant won.
        Won = "WON",
        /// A dispute that the merchant lost.
        Lost = "LOST",
        /// A dispute that was settled before it began.
        Prevented = "PREVENTED",
    }
}

names! {
    /// How a payment stands, roughly.
    PaymentStatus {
        /// Nothing was answered by a provider yet.
        Created = "CREATED",
        /// Something is awaited.
        Pending = "PENDING",
        /// Paid, or checked.
        Succeeded = "SUCCEEDED",
        /// Refused by the provider.
        Declined = "DECLINED",
        /// Refused before a provider was asked.
        Rejected = "REJECTED",
        /// Failed.
        Error = "ERROR",
        /// Its time ran out.
        Expired = "EXPIRED",
        /// Given up by the merchant.
        Canceled = "CANCELED",
        /// All of it was given back.
        Refunded = "REFUNDED",
        /// It is disputed.
        InDispute = "IN_DISPUTE",
        /// A dispute of all of it was lost.
        Chargeback = "CHARGEBACK",
    }
}

names! {
    /// How a payment stands, exactly.
    PaymentSubStatus {
        /// Nothing was answered by a provider yet.
        Created = "CREATED",
        /// The money is held.
        Authorized = "AUTHORIZED",
        /// The customer pays elsewhere.
        InProcess = "IN_PROCESS",
        /// The cardholder must authenticate.
        WaitingAdditionalStep = "WAITING_ADDITIONAL_STEP",
        /// The provider has not confirmed yet.
        PendingProviderConfirmation = "PENDING_PROVIDER_CONFIRMATION",
        /// The fraud provider has not decided yet.
        PendingFraudReview = "PENDING_FRAUD_REVIEW",
        /// Paid.
        Approved = "APPROVED",
        /// The card is good.
        Verified = "VERIFIED",
        /// All of the held money was taken.
        Captured = "CAPTURED",
        /// A part of the held money was taken.
        PartiallyCaptured = "PARTIALLY_CAPTURED",
        /// A part was given back.
        PartiallyRefunded = "PARTIALLY_REFUNDED",
        /// All of it was given back.
        Refunded = "REFUNDED",
        /// Refused by the provider.
        Declined = "DECLINED",
        /// Refused by the fraud provider.
        FraudDeclined = "FRAUD_DECLINED",
        /// Refused before a provider was asked.
        Rejected = "REJECTED",
        /// Failed.
        Error = "ERROR",
        /// No answer came in time.
        Timeout = "TIMEOUT",
        /// Its time ran out.
        Expired = "EXPIRED",
        /// Given up by the merchant.
        Canceled = "CANCELED",
        /// A dispute was opened.
        Received = "RECEIVED",
        /// What was said to a dispute is looked at.
        PendingReview = "PENDING_REVIEW",
        /// A dispute was lost.
        Lost = "LOST",
        /// A dispute of a part was lost.
        PartiallyChargebacked = "PARTIALLY_CHARGEBACKED",
    }
}

names! {
    /// How an enrollment stands.
    EnrollmentStatus {
        /// The customer has not given its data yet.
        ReadyToEnroll = "READY_TO_ENROLL",
        /// It can be paid with.
        Enrolled = "ENROLLED",
        /// It was removed.
        Unenrolled = "UNENROLLED",
        /// Refused by the provider.
        Declined = "DECLINED",
        /// Its time ran out. Never stored: the clock alone decides it.
        Expired = "EXPIRED",
    }
}
