using IoTBackend.EventHubEmulator.Amqp;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>The peer broke the rules of a session: that session ends, the connection goes on.</summary>
internal sealed class SessionFailure(string condition, string description) : Exception(description)
{
    public AmqpError Error { get; } = new(condition, description);
}
