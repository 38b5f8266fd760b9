using IoTBackend.EventHubEmulator.Amqp;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>What the hub reads from an attach. Source and target are kept as sent, to be echoed.</summary>
internal sealed record AttachRequest
{
    private const byte Mixed = 2;

    /// <summary>Names and addresses are kept as long as the link.</summary>
    private const int MaximumTextLength = 1024;
    private const string SelectorFilter = "apache.org:selector-filter:string";

    public required string Name { get; init; }
    public required uint Handle { get; init; }

    /// <summary>Whether the peer is the receiver.</summary>
    public required bool PeerReceives { get; init; }
    public required byte[] Source { get; init; }
    public required byte[] Target { get; init; }
    public string? SourceAddress { get; init; }
    public string? TargetAddress { get; init; }
    public string? Selector { get; init; }
    public uint InitialDeliveryCount { get; init; }
    public bool WantsRuntimeMetric { get; init; }

    /// <summary>Repeats of what this sender sends are to be dropped.</summary>
    public bool WantsIdempotence { get; init; }

    /// <summary>0 unsettled, 1 settled, 2 mixed; 2 where the peer leaves it open (part 2, section 2.7.3).</summary>
    public byte SenderSettleMode { get; init; }
    public required IReadOnlyDictionary<string, object?> Properties { get; init; }

    /// <summary>The entity the link is about.</summary>
    public string Address => (PeerReceives ? SourceAddress : TargetAddress) ?? "";

    public static AttachRequest Parse(AmqpReader fields, int count)
    {
        if (count < 3) throw new AmqpException(AmqpError.DecodeError, "An attach needs a name, a handle and a role.");
        var name = Bounded(fields.ReadText(), "A link's name") ?? "";
        var handle = fields.ReadUInt() ?? throw new AmqpException(AmqpError.DecodeError, "An attach needs a handle.");
        var receives = fields.ReadBool() ?? false;
        var senderSettleMode = Math.Min(count > 3 ? fields.ReadUByte() ?? Mixed : Mixed, Mixed);
        if (count > 4) fields.ReadUByte();
        var source = count > 5 ? fields.ReadRaw() : default;
        var target = count > 6 ? fields.ReadRaw() : default;
        if (count > 7) fields.ReadRaw();
        if (count > 8) fields.ReadRaw();
        var initialDeliveryCount = count > 9 ? fields.ReadUInt() ?? 0 : 0;
        if (count > 10) fields.ReadRaw();
        if (count > 11) fields.ReadRaw();
        var desired = count > 12 ? fields.ReadRaw() : default;
        var properties = count > 13 ? AmqpValue.ReadProperties(ref fields) : [];
        var (sourceAddress, selector) = ReadSource(source);
        return new()
        {
            Name = name,
            Handle = handle,
            PeerReceives = receives,
            Source = source.ToArray(),
            Target = target.ToArray(),
            SourceAddress = Bounded(sourceAddress, "A source's address"),
            TargetAddress = Bounded(ReadTarget(target), "A target's address"),
            Selector = selector,
            InitialDeliveryCount = initialDeliveryCount,
            WantsRuntimeMetric = AmqpValue.ContainsSymbol(desired, "com.microsoft:enable-receiver-runtime-metric"u8),
            WantsIdempotence = AmqpValue.ContainsSymbol(desired, "com.microsoft:idempotent-producer"u8),
            SenderSettleMode = senderSettleMode,
            Properties = properties,
        };
    }

    private static string? Bounded(string? text, string what) => text?.Length > MaximumTextLength
        ? throw new AmqpException(AmqpError.InvalidField, $"{what} has at most {MaximumTextLength} characters here.")
        : text;

    private static string? ReadTarget(ReadOnlySpan<byte> target)
    {
        if (target.IsEmpty || target[0] == 0x40) return null;
        var reader = new AmqpReader(target);
        reader.ReadDescriptor();
        var fields = reader.ReadList(out var count);
        return count > 0 ? TextOrNull(ref fields) : null;
    }

    private static (string? Address, string? Selector) ReadSource(ReadOnlySpan<byte> source)
    {
        if (source.IsEmpty || source[0] == 0x40) return (null, null);
        var reader = new AmqpReader(source);
        reader.ReadDescriptor();
        var fields = reader.ReadList(out var count);
        var address = count > 0 ? TextOrNull(ref fields) : null;
        if (count < 8) return (address, null);
        // durable, expiry-policy, timeout, dynamic, dynamic-node-properties, distribution-mode
        for (var i = 1; i < 7; i++) fields.ReadRaw();
        var filters = fields.ReadMap(out var pairs);
        string? selector = null;
        for (var i = 0; i < pairs; i++)
        {
            var isSelector = filters.ReadText() == SelectorFilter;
            if (filters.PeekCode() == 0x00)
            {
                // Every SDK describes the filter by another number or symbol.
                filters.ReadByte();
                filters.ReadRaw();
            }
            if (isSelector) selector = TextOrNull(ref filters);
            else filters.ReadRaw();
        }
        return (address, selector);
    }

    private static string? TextOrNull(ref AmqpReader reader)
    {
        if (reader.PeekCode() is 0xa1 or 0xa3 or 0xb1 or 0xb3 or 0x40) return reader.ReadText();
        reader.ReadRaw();
        return null;
    }
}
