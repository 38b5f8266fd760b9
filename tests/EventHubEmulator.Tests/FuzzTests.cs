using System.Diagnostics;
using System.Net.Sockets;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using CsCheck;
using IoTBackend.EventHubEmulator.Amqp;
using IoTBackend.EventHubEmulator.Storage;


namespace EventHubEmulator.Tests;

/// <summary>HUB_FUZZ_SECONDS sets how long bad bytes go to the port; 5 by default.</summary>
public sealed class FuzzTests
{
    private static readonly int Seconds = int.TryParse(Environment.GetEnvironmentVariable("HUB_FUZZ_SECONDS"), out var seconds) ? seconds : 5;

    [Fact]
    public void Any_bytes_are_either_well_formed_or_refused() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        try
        {
            var reader = new AmqpReader(bytes);
            while (!reader.AtEnd) reader.ReadRaw();
        }
        catch (AmqpException refused)
        {
            Assert.Equal(AmqpError.DecodeError, refused.Error.Condition);
        }
        try
        {
            MessageSections.Parse(bytes).Annotation("x"u8);
        }
        catch (AmqpException refused)
        {
            Assert.Equal(AmqpError.DecodeError, refused.Error.Condition);
        }
        try
        {
            PublishedBatch.Of(bytes, isBatch: true);
        }
        catch (AmqpException refused)
        {
            Assert.Equal(AmqpError.DecodeError, refused.Error.Condition);
        }
        Assert.Empty(RecordRun.AllIn(bytes, above: -1));
    }, iter: 100_000);

    [Fact]
    public async Task Bad_bytes_neither_stop_the_hub_nor_make_it_grow_nor_disturb_others()
    {
        var data = Directory.CreateTempSubdirectory("fuzz-").FullName;
        using (var hub = await HubProcess.StartAsync(data))
        {
            var recording = Record(hub.Port);
            var connection = $"Endpoint=sb://localhost:{hub.Port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;EntityPath=telemetry";
            await using var producer = new EventHubProducerClient(connection);
            var sent = 0;
            long settled = 0;
            var clock = Stopwatch.StartNew();
            for (var round = 0; settled == 0 || clock.Elapsed < TimeSpan.FromSeconds(Seconds); round++)
            {
                await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => Attack(hub.Port, recording, new Random((round * 8) + i)))));
                await producer.SendAsync([new EventData($"{sent++}")], new SendEventOptions { PartitionId = "1" });
                if (settled == 0 && clock.Elapsed > TimeSpan.FromSeconds(Seconds / 2.0)) settled = hub.ResidentBytes;
            }
            Assert.True(hub.ResidentBytes - settled < 60_000_000, $"{settled} bytes became {hub.ResidentBytes}");
            Assert.Equal(sent - 1, (await producer.GetPartitionPropertiesAsync("1")).LastEnqueuedSequenceNumber);
        }
        Directory.Delete(data, recursive: true);
    }

    /// <summary>A dialogue that gets as far as sending and reading, to be bent out of shape.</summary>
    private static byte[] Record(int port)
    {
        using var peer = new RawPeer(port) { Recording = new() };
        peer.Open();
        peer.Attach(2, "out", receives: false, "telemetry/Partitions/0");
        peer.Attach(3, "in", receives: true, "telemetry/ConsumerGroups/$Default/Partitions/0");
        peer.Credit(3, 0, 10);
        peer.Transfer(2, 1, 0, RawPeer.Message("x"));
        peer.ReadUntil(Frames.Disposition);
        return peer.Recording!.ToArray();
    }

    private static void Attack(int port, byte[] recording, Random random)
    {
        using var client = new TcpClient();
        client.Connect("127.0.0.1", port);
        var bytes = Bend(recording, random);
        try
        {
            var stream = client.GetStream();
            stream.Write(bytes);
            stream.ReadTimeout = 50;
            var buffer = new byte[4096];
            while (stream.Read(buffer) > 0) { }
        }
        catch (IOException)
        {
            // Thrown out, as it should be, or waiting for more.
        }
    }

    private static byte[] Bend(byte[] recording, Random random)
    {
        var bytes = recording.ToArray();
        switch (random.Next(4))
        {
            case 0: random.NextBytes(bytes.AsSpan(random.Next(bytes.Length))); break;
            case 1: bytes = [.. bytes[..random.Next(bytes.Length)], .. bytes[random.Next(bytes.Length)..]]; break;
            default:
                for (var i = random.Next(1, 6); i > 0; i--) bytes[random.Next(8, bytes.Length)] = (byte)random.Next(256);
                break;
        }
        return bytes;
    }
}
