namespace IoTBackend.EventHubEmulator.Amqp;

/// <summary>An error as the wire carries it. The conditions are those the Azure SDKs know.</summary>
internal sealed record AmqpError(string Condition, string Description)
{
    public const string DecodeError = "amqp:decode-error";
    public const string NotAllowed = "amqp:not-allowed";
    public const string NotFound = "amqp:not-found";
    public const string NotImplemented = "amqp:not-implemented";
    public const string InvalidField = "amqp:invalid-field";
    public const string InternalError = "amqp:internal-error";
    public const string Unauthorized = "amqp:unauthorized-access";
    public const string ResourceLimitExceeded = "amqp:resource-limit-exceeded";
    public const string Stolen = "amqp:link:stolen";
    public const string MessageSizeExceeded = "amqp:link:message-size-exceeded";
    public const string TransferLimitExceeded = "amqp:link:transfer-limit-exceeded";
    public const string ConnectionForced = "amqp:connection:forced";
    public const string FramingError = "amqp:connection:framing-error";
    public const string HandleInUse = "amqp:session:handle-in-use";
    public const string UnattachedHandle = "amqp:session:unattached-handle";
    public const string WindowViolation = "amqp:session:window-violation";
    public const string ServerBusy = "com.microsoft:server-busy";
    public const string ArgumentError = "com.microsoft:argument-error";
    public const string ArgumentOutOfRange = "com.microsoft:argument-out-of-range";
    public const string OutOfOrderSequence = "com.microsoft:out-of-order-sequence";
    public const string ProducerEpochStolen = "com.microsoft:producer-epoch-stolen";
    public const string PublisherRevoked = "com.microsoft:publisher-revoked";
}

/// <summary>The operation is refused with <see cref="Error"/>; who catches it decides whether link, session or connection ends.</summary>
internal sealed class AmqpException(string condition, string description) : Exception(description)
{
    public AmqpError Error { get; } = new(condition, description);
}
