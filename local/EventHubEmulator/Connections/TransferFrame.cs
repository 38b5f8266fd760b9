using IoTBackend.EventHubEmulator.Amqp;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>What the hub reads from a transfer; the delivery tag and the state do not matter to it.</summary>
internal readonly record struct TransferFrame(uint Handle, uint? DeliveryId, uint MessageFormat, bool Settled, bool More, bool Aborted)
{
    public static TransferFrame Parse(AmqpReader fields, int count)
    {
        var handle = (count > 0 ? fields.ReadUInt() : null) ?? throw new AmqpException(AmqpError.DecodeError, "A transfer needs a handle.");
        var deliveryId = count > 1 ? fields.ReadUInt() : null;
        if (count > 2) fields.ReadRaw();
        var format = count > 3 ? fields.ReadUInt() ?? 0 : 0;
        var settled = count > 4 && (fields.ReadBool() ?? false);
        var more = count > 5 && (fields.ReadBool() ?? false);
        for (var i = 6; i < Math.Min(count, 9); i++) fields.ReadRaw();
        var aborted = count > 9 && (fields.ReadBool() ?? false);
        return new(handle, deliveryId, format, settled, more, aborted);
    }
}
