using Amqp.Framing;
using static Azure.Messaging.EventHubs.EventHubsException;

namespace Azure.Messaging.EventHubs.Amqp;

/// <summary>What the SDK makes of an AMQP error condition.</summary>
internal static class AmqpErrors
{
    public static EventHubsException ToException(Error? error, string hub, Exception? inner = null)
    {
        var text = error?.Description ?? "The connection to the hub was lost.";
        var (reason, isTransient) = (string?)error?.Condition switch
        {
            "amqp:link:stolen" => (FailureReason.ConsumerDisconnected, false),
            "amqp:not-found" when IsMissingEntity(text) => (FailureReason.ResourceNotFound, false),
            "amqp:link:message-size-exceeded" => (FailureReason.MessageSizeExceeded, false),
            "amqp:resource-limit-exceeded" => (FailureReason.QuotaExceeded, false),
            "com.microsoft:server-busy" => (FailureReason.ServiceBusy, true),
            "com.microsoft:timeout" => (FailureReason.ServiceTimeout, true),
            "com.microsoft:producer-epoch-stolen" => (FailureReason.ProducerDisconnected, false),
            "com.microsoft:out-of-order-sequence" => (FailureReason.InvalidClientState, false),
            "amqp:unauthorized-access" or "com.microsoft:argument-error" or "com.microsoft:argument-out-of-range"
                or "com.microsoft:entity-disabled" or "amqp:not-allowed" or "amqp:invalid-field" => (FailureReason.GeneralError, false),
            _ => (FailureReason.ServiceCommunicationProblem, true),
        };
        return new(isTransient, hub, text, reason, inner);
    }

    private static bool IsMissingEntity(string text) =>
        text.Contains("could not be found", StringComparison.OrdinalIgnoreCase) || text.Contains("status-code: 404", StringComparison.Ordinal);
}
