namespace IoTBackend.EventHubEmulator.Amqp;

/// <summary>
/// A bare message cut at the places the hub cares for (OASIS AMQP 1.0, part 3, section 3.2): the header, the sender's annotations, and the rest,
/// byte for byte. Sections must be well-formed to their leaves and in order: a reader's library must never choke on what a sender made up.
/// </summary>
internal readonly ref struct MessageSections
{
    private const ulong Header = 0x70, DeliveryAnnotations = 0x71, Annotations = 0x72, Data = 0x75, Footer = 0x78;

    private MessageSections(ReadOnlySpan<byte> header, ReadOnlySpan<byte> annotations, ReadOnlySpan<byte> rest)
    {
        HeaderSection = header;
        AnnotationMap = annotations;
        Rest = rest;
    }

    public ReadOnlySpan<byte> HeaderSection { get; }

    /// <summary>The encoded map, or empty.</summary>
    public ReadOnlySpan<byte> AnnotationMap { get; }
    public ReadOnlySpan<byte> Rest { get; }

    public static MessageSections Parse(ReadOnlySpan<byte> message)
    {
        var reader = new AmqpReader(message);
        ReadOnlySpan<byte> header = default, annotations = default;
        var restStart = message.Length;
        ulong last = 0;
        while (!reader.AtEnd)
        {
            var start = reader.Position;
            var code = reader.ReadDescriptor();
            if (code is < Header or > Footer || code < last || (code == last && code != Data && code != Data + 1))
                throw new AmqpException(AmqpError.DecodeError, "The message has an unknown section, or sections out of order.");
            last = code;
            var value = reader.ReadRaw();
            if (code == Header) header = message[start..reader.Position];
            else if (code == Annotations) annotations = value;
            else if (code > Annotations && restStart == message.Length) restStart = start;
        }
        return new(header, annotations, message[restStart..]);
    }

    /// <summary>The encoded messages inside the data sections of a batch envelope, one after the other.</summary>
    public static bool NextInBatch(ref AmqpReader rest, out ReadOnlySpan<byte> message)
    {
        message = default;
        while (!rest.AtEnd)
        {
            if (rest.ReadDescriptor() != Data)
            {
                rest.ReadRaw();
                continue;
            }
            message = rest.ReadBinary();
            return true;
        }
        return false;
    }

    /// <summary>The text of an annotation, or empty.</summary>
    public ReadOnlySpan<byte> Annotation(ReadOnlySpan<byte> name)
    {
        var value = AnnotationValue(name);
        return value.IsEmpty || !IsText(value[0]) ? default : new AmqpReader(value).ReadTextBytes();
    }

    /// <summary>An annotation as it is encoded, or empty.</summary>
    public ReadOnlySpan<byte> AnnotationValue(ReadOnlySpan<byte> name)
    {
        if (AnnotationMap.IsEmpty) return default;
        var map = new AmqpReader(AnnotationMap).ReadMap(out var pairs);
        for (var i = 0; i < pairs; i++)
        {
            var isText = IsText(map.PeekCode());
            var key = isText ? map.ReadTextBytes() : map.ReadRaw();
            var value = map.ReadRaw();
            if (isText && key.SequenceEqual(name)) return value;
        }
        return default;
    }

    private static bool IsText(byte code) => code is 0xa1 or 0xa3 or 0xb1 or 0xb3;
}
