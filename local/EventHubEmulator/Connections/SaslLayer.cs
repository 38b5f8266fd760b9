using System.Buffers.Binary;
using System.Text;
using IoTBackend.EventHubEmulator.Amqp;
using IoTBackend.EventHubEmulator.Authorization;

namespace IoTBackend.EventHubEmulator.Connections;

/// <summary>
/// Protocol headers and SASL. Who skips SASL may: the JavaScript client does with a ready-made signature. The hub's AMQP header is sent only after the
/// client's, never in one burst with the SASL outcome, because rhea leaves what follows the outcome in a chunk unread.
/// </summary>
internal sealed class SaslLayer(FrameSource source, ConnectionOutput output, Lock gate, IReadOnlyCollection<AuthorizationRule> rules)
{
    private static readonly ulong Amqp = BinaryPrimitives.ReadUInt64BigEndian(Frames.AmqpHeader);
    private static readonly ulong Sasl = BinaryPrimitives.ReadUInt64BigEndian(Frames.SaslHeader);
    private static readonly string[] Mechanisms = ["MSSBCBS", "ANONYMOUS", "PLAIN", "EXTERNAL"];

    /// <summary>The rule a PLAIN login proved; its rights need no token.</summary>
    public AuthorizationRule? LoggedIn { get; private set; }

    /// <summary>True when frames may follow; false when the peer left or speaks something else.</summary>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var header = await source.ReadHeaderAsync(cancellationToken);
        if (header == Sasl)
        {
            Write(writer => { writer.Raw(Frames.SaslHeader); WriteMechanisms(writer); });
            var accepted = await ReadInitAsync(cancellationToken);
            if (accepted is null) return false;
            Write(writer => WriteOutcome(writer, accepted.Value));
            if (!accepted.Value) return false;
            header = await source.ReadHeaderAsync(cancellationToken);
        }
        if (header is null) return false;
        Write(writer => writer.Raw(Frames.AmqpHeader));
        return header == Amqp;
    }

    private async Task<bool?> ReadInitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (source.TryTake(out var frame)) return Judge(frame);
            if (!await source.FillAsync(cancellationToken)) return null;
        }
    }

    private bool Judge(ReadOnlySpan<byte> frame)
    {
        var reader = new AmqpReader(frame[(frame[4] * 4)..]);
        if (frame[5] != Frames.SaslType || reader.ReadDescriptor() != Frames.SaslInit)
            throw new AmqpException(AmqpError.NotAllowed, "A SASL init was expected.");
        var fields = reader.ReadList(out var count);
        if (count == 0) throw new AmqpException(AmqpError.DecodeError, "The SASL init names no mechanism.");
        var mechanism = fields.ReadText();
        return mechanism switch
        {
            "PLAIN" => count > 1 && LogIn(fields.ReadBinary()),
            "MSSBCBS" or "ANONYMOUS" or "EXTERNAL" => true,
            _ => false,
        };
    }

    private bool LogIn(ReadOnlySpan<byte> response)
    {
        var parts = Encoding.UTF8.GetString(response).Split('\0');
        if (parts.Length != 3) return false;
        var password = Encoding.UTF8.GetBytes(parts[2]);
        LoggedIn = rules.FirstOrDefault(rule => rule.Name == parts[1]
            && System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(rule.Key), password));
        return LoggedIn is not null;
    }

    private void Write(Action<AmqpWriter> write)
    {
        lock (gate) write(output.Writer);
        output.Notify();
    }

    private static void WriteMechanisms(AmqpWriter writer)
    {
        var frame = writer.BeginFrame(0, Frames.SaslType);
        writer.Descriptor(Frames.SaslMechanisms);
        var list = writer.BeginList(1);
        writer.Byte(0xf0);
        var start = writer.Length;
        writer.Reserve(4);
        BinaryPrimitives.WriteInt32BigEndian(writer.Reserve(4), Mechanisms.Length);
        writer.Byte(0xb3);
        foreach (var mechanism in Mechanisms)
        {
            BinaryPrimitives.WriteInt32BigEndian(writer.Reserve(4), mechanism.Length);
            writer.Raw(Encoding.ASCII.GetBytes(mechanism));
        }
        writer.End(start);
        writer.End(list);
        writer.EndFrame(frame);
    }

    private static void WriteOutcome(AmqpWriter writer, bool accepted)
    {
        var frame = writer.BeginFrame(0, Frames.SaslType);
        writer.Descriptor(Frames.SaslOutcome);
        var list = writer.BeginList(1);
        writer.UByte(accepted ? (byte)0 : (byte)1);
        writer.End(list);
        writer.EndFrame(frame);
    }
}
