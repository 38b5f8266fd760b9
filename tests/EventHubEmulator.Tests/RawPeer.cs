using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using IoTBackend.EventHubEmulator.Amqp;

namespace EventHubEmulator.Tests;

/// <summary>A peer that says exactly what a test wants, frame by frame.</summary>
internal sealed class RawPeer : IDisposable
{
    private readonly TcpClient _client = new();
    private readonly NetworkStream _stream;

    public RawPeer(int port)
    {
        _client.Connect("127.0.0.1", port);
        _client.NoDelay = true;
        _stream = _client.GetStream();
        _stream.ReadTimeout = 5000;
    }

    /// <summary>All that was sent, when it is to be kept.</summary>
    public MemoryStream? Recording { get; init; }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        Recording?.Write(bytes);
        _stream.Write(bytes);
    }

    /// <summary>A frame with one performative.</summary>
    public void Send(byte performative, Action<AmqpWriter> fields, int count, ushort channel = 0, byte[]? payload = null)
    {
        var writer = new AmqpWriter();
        var frame = writer.BeginFrame(channel);
        writer.Descriptor(performative);
        var list = writer.BeginList(count);
        fields(writer);
        writer.End(list);
        writer.Raw(payload ?? []);
        writer.EndFrame(frame);
        Send(writer.Written);
    }

    /// <summary>Header, open, begin, and a token for everything.</summary>
    public RawPeer Open()
    {
        Send(Frames.AmqpHeader);
        ReadExactly(8);
        Send(Frames.Open, w => w.Text("raw"), 1);
        Begin(0);
        Attach(0, "cbs-in", receives: true, "$cbs");
        Attach(1, "cbs-out", receives: false, "$cbs");
        Credit(0, 0, 10);
        Transfer(1, 0, 0, PutToken("SAS_KEY_VALUE"));
        ReadUntil(Frames.Transfer);
        return this;
    }

    public void Begin(ushort channel) =>
        Send(Frames.Begin, w => { w.Null(); w.UInt(0); w.UInt(5000); w.UInt(5000); }, 4, channel);

    public void Attach(uint handle, string name, bool receives, string address, bool awaited = true)
    {
        Send(Frames.Attach, w =>
        {
            w.Text(name);
            w.UInt(handle);
            w.Bool(receives);
            w.Null();
            w.Null();
            Terminus(w, 0x28, receives ? address : name);
            Terminus(w, 0x29, receives ? name : address);
            w.Null();
            w.Null();
            w.UInt(0);
        }, 10);
        if (awaited) ReadUntil(Frames.Attach);
    }

    public void Credit(uint handle, uint deliveryCount, uint credit, bool drain = false) => Send(Frames.Flow, w =>
    {
        w.UInt(0);
        w.UInt(5000);
        w.UInt(0);
        w.UInt(5000);
        w.UInt(handle);
        w.UInt(deliveryCount);
        w.UInt(credit);
        w.Null();
        w.Bool(drain);
    }, 9);

    public void Transfer(uint handle, uint deliveryId, uint format, byte[] payload, bool more = false, bool aborted = false) => Send(Frames.Transfer, w =>
    {
        w.UInt(handle);
        w.UInt(deliveryId);
        w.Binary([1]);
        w.UInt(format);
        w.Bool(false);
        w.Bool(more);
        w.Null();
        w.Null();
        w.Null();
        w.Bool(aborted);
    }, 10, payload: payload);

    /// <summary>The next frame: performative and all behind it. Null at the end of the stream, or when nothing comes for the time given.</summary>
    public (ulong Performative, byte[] Frame)? Read(int milliseconds = 5000)
    {
        _stream.ReadTimeout = milliseconds;
        try
        {
            while (true)
            {
                var size = BinaryPrimitives.ReadInt32BigEndian(ReadExactly(4));
                var frame = ReadExactly(size - 4);
                if (frame.Length <= 4) continue;
                return (new AmqpReader(frame.AsSpan(4)).ReadDescriptor(), frame[4..]);
            }
        }
        catch (IOException)
        {
            return null;
        }
    }

    public byte[] ReadUntil(byte performative)
    {
        while (Read() is { } next)
            if (next.Performative == performative) return next.Frame;
        throw new InvalidOperationException($"0x{performative:x} did not come.");
    }

    public int CountTransfers(int quietMilliseconds = 500)
    {
        var transfers = 0;
        while (Read(quietMilliseconds) is { } next)
            if (next.Performative == Frames.Transfer) transfers++;
        return transfers;
    }

    public byte[] ReadExactly(int count)
    {
        var bytes = new byte[count];
        _stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>A message with one data section.</summary>
    public static byte[] Message(string body)
    {
        var writer = new AmqpWriter();
        writer.Descriptor(0x75);
        writer.Binary(Encoding.UTF8.GetBytes(body));
        return writer.Written.ToArray();
    }

    public void Dispose() => _client.Dispose();

    /// <summary>A request for all rights on the hub.</summary>
    public static byte[] PutToken(string key)
    {
        var writer = new AmqpWriter();
        writer.Descriptor(0x74);
        var map = writer.BeginMap(6);
        foreach (var (name, value) in new[] { ("operation", "put-token"), ("type", "servicebus.windows.net:sastoken"), ("name", "sb://x/telemetry") })
        {
            writer.Text(name);
            writer.Text(value);
        }
        writer.End(map);
        writer.Descriptor(0x77);
        writer.Text(SasToken.Create("sb://x/telemetry", "RootManageSharedAccessKey", key, DateTimeOffset.UtcNow.AddHours(1)));
        return writer.Written.ToArray();
    }

    private static void Terminus(AmqpWriter writer, byte code, string address)
    {
        writer.Descriptor(code);
        var list = writer.BeginList(1);
        writer.Text(address);
        writer.End(list);
    }
}
