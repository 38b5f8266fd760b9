using System.Buffers.Binary;

namespace IoTBackend.EventHubEmulator.Amqp;

/// <summary>Writes frames (OASIS AMQP 1.0, part 2, sections 2.3 and 2.7).</summary>
internal static class Frames
{
    public const byte Open = 0x10, Begin = 0x11, Attach = 0x12, Flow = 0x13, Transfer = 0x14, Disposition = 0x15, Detach = 0x16, End = 0x17, Close = 0x18;
    public const byte SaslMechanisms = 0x40, SaslInit = 0x41, SaslOutcome = 0x44;
    public const byte Accepted = 0x24, Rejected = 0x25;
    public const byte AmqpType = 0, SaslType = 1;

    /// <summary>Upper bound of a transfer's frame header and performative as they are written here.</summary>
    public const int TransferOverheadBytes = 64;

    public static ReadOnlySpan<byte> AmqpHeader => "AMQP\x00\x01\x00\x00"u8;
    public static ReadOnlySpan<byte> SaslHeader => "AMQP\x03\x01\x00\x00"u8;

    public static int BeginFrame(this AmqpWriter writer, ushort channel, byte type = AmqpType)
    {
        var start = writer.Length;
        var header = writer.Reserve(8);
        (header[4], header[5]) = (2, type);
        BinaryPrimitives.WriteUInt16BigEndian(header[6..], channel);
        return start;
    }

    public static void EndFrame(this AmqpWriter writer, int start) => writer.Patch(start, writer.Length - start);

    public static void WriteEmpty(AmqpWriter writer) => writer.EndFrame(writer.BeginFrame(0));

    public static void WriteError(AmqpWriter writer, AmqpError? error)
    {
        if (error is null)
        {
            writer.Null();
            return;
        }
        writer.Descriptor(0x1d);
        var list = writer.BeginList(2);
        writer.Symbol(error.Condition);
        writer.Text(error.Description);
        writer.End(list);
    }

    public static void WriteOpen(AmqpWriter writer, string containerId, uint maxFrameSize, ushort channelMax, uint idleMilliseconds)
    {
        var frame = writer.BeginFrame(0);
        writer.Descriptor(Open);
        var list = writer.BeginList(5);
        writer.Text(containerId);
        writer.Null();
        writer.UInt(maxFrameSize);
        writer.UShort(channelMax);
        writer.UInt(idleMilliseconds);
        writer.End(list);
        writer.EndFrame(frame);
    }

    public static void WriteBegin(AmqpWriter writer, ushort channel, uint nextOutgoingId, uint incomingWindow, uint outgoingWindow, uint handleMax)
    {
        var frame = writer.BeginFrame(channel);
        writer.Descriptor(Begin);
        var list = writer.BeginList(5);
        writer.UShort(channel);
        writer.UInt(nextOutgoingId);
        writer.UInt(incomingWindow);
        writer.UInt(outgoingWindow);
        writer.UInt(handleMax);
        writer.End(list);
        writer.EndFrame(frame);
    }

    /// <summary>An end or a close.</summary>
    public static void WriteEnd(AmqpWriter writer, ushort channel, byte performative, AmqpError? error)
    {
        var frame = writer.BeginFrame(channel);
        writer.Descriptor(performative);
        var list = writer.BeginList(1);
        WriteError(writer, error);
        writer.End(list);
        writer.EndFrame(frame);
    }

    public static void WriteDetach(AmqpWriter writer, ushort channel, uint handle, AmqpError? error)
    {
        var frame = writer.BeginFrame(channel);
        writer.Descriptor(Detach);
        var list = writer.BeginList(3);
        writer.UInt(handle);
        writer.Bool(true);
        WriteError(writer, error);
        writer.End(list);
        writer.EndFrame(frame);
    }

    /// <summary>Settles deliveries first to last as their receiver: accepted, or rejected with the error.</summary>
    public static void WriteDisposition(AmqpWriter writer, ushort channel, uint first, uint last, AmqpError? error)
    {
        var frame = writer.BeginFrame(channel);
        writer.Descriptor(Disposition);
        var list = writer.BeginList(5);
        writer.Bool(true);
        writer.UInt(first);
        writer.UInt(last);
        writer.Bool(true);
        writer.Descriptor(error is null ? Accepted : Rejected);
        if (error is null)
        {
            writer.Byte(0x45);
        }
        else
        {
            var state = writer.BeginList(1);
            WriteError(writer, error);
            writer.End(state);
        }
        writer.End(list);
        writer.EndFrame(frame);
    }

    /// <summary>One frame of a settled delivery of message format 0.</summary>
    public static void WriteTransfer(AmqpWriter writer, ushort channel, uint handle, uint deliveryId, bool more, ReadOnlySpan<byte> payload)
    {
        var frame = writer.BeginFrame(channel);
        writer.Descriptor(Transfer);
        var list = writer.BeginList(6);
        writer.UInt(handle);
        writer.UInt(deliveryId);
        Span<byte> tag = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(tag, deliveryId);
        writer.Binary(tag);
        writer.UInt(0);
        writer.Bool(true);
        writer.Bool(more);
        writer.End(list);
        writer.Raw(payload);
        writer.EndFrame(frame);
    }
}
