//! The meaning of SDK errors for the store.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::CancellationReason;

use okyaku_domain::error::Error;

/// A failed call. The failure never carries an item or a message of the engine, because a message may quote
/// an item (R15).
#[derive(Debug)]
pub(crate) enum Failure {
    /// A condition is false.
    Condition,
    /// Another transaction held the same item. The caller repeats the call.
    Conflict,
    /// The table is throttled, unreachable or failing, also after the SDK's own retries.
    Busy(String),
    /// The call was refused for another reason: a defect of Okyaku.
    Other(String),
}

impl Failure {
    /// Classifies an error by its code.
    pub(crate) fn of<E: ProvideErrorMetadata, R>(error: SdkError<E, R>) -> Self {
        let code = match &error {
            SdkError::ServiceError(context) => {
                context.err().meta().code().unwrap_or("UnknownServiceError").to_owned()
            }
            SdkError::TimeoutError(_) => return Self::Busy("timeout".into()),
            SdkError::DispatchFailure(_) => return Self::Busy("no connection".into()),
            SdkError::ResponseError(_) => return Self::Busy("unreadable response".into()),
            _ => return Self::Other("request could not be built".into()),
        };
        match code.as_str() {
            "ConditionalCheckFailedException" => Self::Condition,
            "TransactionConflictException" | "TransactionInProgressException" => Self::Conflict,
            "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "ThrottlingException"
            | "InternalServerError"
            | "ServiceUnavailable"
            | "UnknownServiceError" => Self::Busy(code),
            // Keep only the code. The engine's message may quote a value.
            _ => Self::Other(code),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Condition => Self::internal("a condition failed where none was expected to"),
            Failure::Conflict => Self::Busy,
            Failure::Busy(cause) => {
                tracing::warn!(cause, "the table is busy");
                Self::Busy
            }
            Failure::Other(cause) => Self::internal(cause),
        }
    }
}

/// Returns whether a conditional write took place. `false` if the condition is false.
///
/// # Errors
/// [`Error::Busy`] or [`Error::Internal`] if the write failed for another reason.
pub(crate) fn held(sent: Result<(), Failure>) -> Result<bool, Error> {
    match sent {
        Ok(()) => Ok(true),
        Err(Failure::Condition) => Ok(false),
        Err(failure) => Err(failure.into()),
    }
}

/// Returns why a transaction was cancelled: a reason per item, in the order of the request.
///
/// # Errors
/// [`Failure`] if the transaction failed for another reason, was throttled, or met another transaction.
pub(crate) fn cancellation<R>(
    error: SdkError<TransactWriteItemsError, R>,
) -> Result<Vec<CancellationReason>, Failure> {
    let reasons = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            cancelled.cancellation_reasons().to_vec()
        }
        _ => return Err(Failure::of(error)),
    };
    let has = |code: &str| reasons.iter().any(|reason| reason.code() == Some(code));
    if has("ConditionalCheckFailed") {
        Ok(reasons)
    } else if has("TransactionConflict") {
        Err(Failure::Conflict)
    } else if has("ThrottlingError") || has("ProvisionedThroughputExceeded") {
        Err(Failure::Busy("throttled".into()))
    } else {
        let codes: Vec<_> = reasons.iter().filter_map(CancellationReason::code).collect();
        Err(Failure::Other(format!("transaction cancelled: {codes:?}")))
    }
}
