namespace Azure.Messaging.EventHubs;

/// <summary>The hub refused or could not be reached; <see cref="IsTransient"/> says whether trying again may help.</summary>
public class EventHubsException : Exception
{
    public EventHubsException(bool isTransient, string eventHubName) : this(isTransient, eventHubName, FailureReason.GeneralError) { }
    public EventHubsException(bool isTransient, string eventHubName, FailureReason reason)
        : this(isTransient, eventHubName, "The Event Hubs operation failed.", reason) { }
    public EventHubsException(bool isTransient, string eventHubName, string message)
        : this(isTransient, eventHubName, message, FailureReason.GeneralError) { }
    public EventHubsException(bool isTransient, string eventHubName, string message, FailureReason reason)
        : this(isTransient, eventHubName, message, reason, null) { }
    public EventHubsException(bool isTransient, string eventHubName, string message, Exception innerException)
        : this(isTransient, eventHubName, message, FailureReason.GeneralError, innerException) { }
    public EventHubsException(string eventHubName, string message, FailureReason reason)
        : this(MayPass(reason), eventHubName, message, reason) { }

    public EventHubsException(bool isTransient, string eventHubName, string message, FailureReason reason, Exception? innerException)
        : base(message, innerException)
    {
        IsTransient = isTransient;
        EventHubName = eventHubName;
        Reason = reason;
    }

    public bool IsTransient { get; }
    public FailureReason Reason { get; }
    public string EventHubName { get; }
    public override string Message => string.IsNullOrEmpty(EventHubName)
        ? $"{base.Message} ({Reason})"
        : $"{base.Message} ({EventHubName}, {Reason})";

    private static bool MayPass(FailureReason reason) =>
        reason is FailureReason.ServiceCommunicationProblem or FailureReason.ServiceTimeout or FailureReason.ServiceBusy;

    /// <summary>Why the operation failed; numbers as in the SDK.</summary>
    public enum FailureReason
    {
        GeneralError = 0,
        ClientClosed = 1,
        ConsumerDisconnected = 2,
        ResourceNotFound = 3,
        MessageSizeExceeded = 4,
        QuotaExceeded = 5,
        ServiceBusy = 6,
        ServiceTimeout = 7,
        ServiceCommunicationProblem = 8,
        ProducerDisconnected = 9,
        InvalidClientState = 10,
    }
}
