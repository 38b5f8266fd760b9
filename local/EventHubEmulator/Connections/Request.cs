using IoTBackend.EventHubEmulator.Amqp;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>A request to <c>$cbs</c> or <c>$management</c>.</summary>
internal sealed record Request(byte[] MessageId, string? ReplyTo, IReadOnlyDictionary<string, object?> Properties, string? Body)
{
    /// <summary>It is said again in the reply, which may have to wait for the peer.</summary>
    private const int MaximumIdBytes = 1024;

    public string? this[string property] => Properties.GetValueOrDefault(property) as string;

    public static Request Parse(ReadOnlySpan<byte> message)
    {
        byte[] messageId = [0x40];
        string? replyTo = null, body = null;
        Dictionary<string, object?> properties = [];
        var reader = new AmqpReader(message);
        while (!reader.AtEnd)
        {
            switch (reader.ReadDescriptor())
            {
                case 0x73:
                    var fields = reader.ReadList(out var count);
                    if (count > 0) messageId = fields.ReadRaw().ToArray();
                    if (messageId.Length > MaximumIdBytes) throw new AmqpException(AmqpError.InvalidField, $"A message id has at most {MaximumIdBytes} bytes here.");
                    for (var i = 1; i < Math.Min(count, 4); i++) fields.ReadRaw();
                    if (count > 4) replyTo = fields.ReadText();
                    break;
                case 0x74: properties = AmqpValue.ReadProperties(ref reader); break;
                case 0x77 when reader.PeekCode() is 0xa1 or 0xb1: body = reader.ReadText(); break;
                default: reader.ReadRaw(); break;
            }
        }
        return new(messageId, replyTo, properties, body);
    }

    /// <summary>A reply with a status, and a body that <paramref name="writeBody"/> writes as the amqp-value.</summary>
    public byte[] Reply(int status, string description, string? condition = null, Action<AmqpWriter>? writeBody = null)
    {
        var writer = new AmqpWriter(512);
        writer.Descriptor(0x73);
        var properties = writer.BeginList(6);
        for (var i = 0; i < 5; i++) writer.Null();
        writer.Raw(MessageId);
        writer.End(properties);
        writer.Descriptor(0x74);
        var map = writer.BeginMap(condition is null ? 4 : 6);
        writer.Text("status-code");
        writer.Int(status);
        writer.Text("status-description");
        writer.Text(description);
        if (condition is not null)
        {
            writer.Text("error-condition");
            writer.Symbol(condition);
        }
        writer.End(map);
        writer.Descriptor(0x77);
        if (writeBody is null) writer.Null();
        else writeBody(writer);
        return writer.Written.ToArray();
    }
}
