using IoTBackend.EventHubEmulator.Amqp;
using IoTBackend.EventHubEmulator.Authorization;
using IoTBackend.EventHubEmulator.Hubs;
using IoTBackend.EventHubEmulator.Storage;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>Events come in, for the hub, one partition, or in the name of one publisher.</summary>
internal sealed class PublishLink(Session session, AttachRequest request, Hub hub, EntityPath path, int? partition, string? publisher)
    : IncomingLink(session, request, Hub.MaximumMessageBytes)
{
    private const uint BatchFormat = 0x80013700;

    public Hub Hub => hub;
    public string? Publisher => publisher;
    public ProducerState? Producer { get; init; }
    protected override uint Allowance => 1000;
    public override (EntityPath Path, AccessRights Rights)? Needs => (path, AccessRights.Send);

    protected override void OnDelivery(uint deliveryId, uint format, bool settled, ReadOnlySpan<byte> message)
    {
        if (format is not (0 or BatchFormat)) throw new AmqpException(AmqpError.NotImplemented, $"Message format {format} is unknown.");
        hub.Append(message, format == BatchFormat, partition, publisher, Producer is not null, new Acknowledgement(Session, deliveryId, settled));
    }

    private sealed class Acknowledgement(Session session, uint deliveryId, bool settled) : IAppendObserver
    {
        public void Committed()
        {
            if (settled) return;
            lock (session.Connection.Gate) session.Accept(deliveryId);
        }

        public void Failed(AmqpError error)
        {
            if (settled) return;
            lock (session.Connection.Gate) session.Reject(deliveryId, error);
        }

        public void Flush()
        {
            lock (session.Connection.Gate) session.FlushAccepted();
        }
    }
}
