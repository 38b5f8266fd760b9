using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Amqp;
using Amqp.Framing;

namespace IoTBackend.Benchmarks.Hub;

/// <summary>Debian's RabbitMQ with its AMQP 1.0 plugin, in a directory and on ports of its own; durable queues, persistent messages, each confirmed.</summary>
internal sealed class RabbitMq : IAsyncDisposable
{
    private const string Program = "/usr/lib/rabbitmq/bin/rabbitmq-server";

    /// <summary>Terminus durability that makes the queue behind an address durable (OASIS AMQP 1.0, part 3, section 3.5.5).</summary>
    private const uint UnsettledState = 2;
    private static readonly byte[] Body = new byte[HubBenchmark.BodyBytes];
    private readonly Process _process;
    private readonly string _directory;
    private readonly int _port;

    private readonly string _epmdPort;

    private RabbitMq(Process process, string directory, int port, string epmdPort) =>
        (_process, _directory, _port, _epmdPort) = (process, directory, port, epmdPort);

    public static bool IsInstalled => File.Exists(Program);

    public static async Task<RabbitMq> StartAsync()
    {
        var directory = Directory.CreateTempSubdirectory("bench-rabbit-").FullName;
        var (port, distribution) = (FreePort(), FreePort());
        await File.WriteAllTextAsync(Path.Combine(directory, "enabled_plugins"), "[rabbitmq_amqp1_0].");
        await File.WriteAllTextAsync(Path.Combine(directory, "rabbitmq.conf"), $"""
            listeners.tcp.default = 127.0.0.1:{port}
            log.console.level = error
            amqp1_0.default_user = guest
            """);
        var start = new ProcessStartInfo(Program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in new[]
        {
            ("RABBITMQ_NODENAME", $"bench{port}@localhost"), ("RABBITMQ_MNESIA_BASE", directory), ("RABBITMQ_LOG_BASE", directory),
            ("RABBITMQ_CONFIG_FILE", Path.Combine(directory, "rabbitmq.conf")), ("RABBITMQ_ENABLED_PLUGINS_FILE", Path.Combine(directory, "enabled_plugins")),
            ("RABBITMQ_DIST_PORT", $"{distribution}"), ("ERL_EPMD_PORT", $"{FreePort()}"), ("HOME", directory), ("RABBITMQ_PID_FILE", Path.Combine(directory, "pid")),
        }) start.Environment[name] = value;
        var process = Process.Start(start)!;
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        var broker = new RabbitMq(process, directory, port, start.Environment["ERL_EPMD_PORT"]!);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await using var connection = new Closing(await broker.ConnectAsync());
                return broker;
            }
            catch (Exception error) when (attempt < 120 && !process.HasExited && error is AmqpException or SocketException or IOException)
            {
                await Task.Delay(500);
            }
        }
    }

    /// <summary>Confirmed messages per second over four queues.</summary>
    public async Task<double> SendAsync(int underWay, TimeSpan duration)
    {
        await using var connection = new Closing(await ConnectAsync());
        var links = Enumerable.Range(0, HubBenchmark.Partitions)
            .Select(i => new SenderLink(
                new Session(connection.Connection), $"send-{i}", new Target { Address = $"/queue/bench-{i}", Durable = UnsettledState }, null)).ToArray();
        await SendForAsync(links, underWay, TimeSpan.FromSeconds(1));
        return await SendForAsync(links, underWay, duration);
    }

    /// <summary>Messages per second, accepted, out of what <see cref="SendAsync"/> left.</summary>
    public async Task<double> ReceiveAsync(TimeSpan duration)
    {
        await using var connection = new Closing(await ConnectAsync());
        var (received, last) = (0L, 0L);
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < HubBenchmark.Partitions; i++)
            new ReceiverLink(new Session(connection.Connection), $"receive-{i}", new Source { Address = $"/queue/bench-{i}", Durable = UnsettledState }, null).Start(2000, (link, message) =>
            {
                link.Accept(message);
                Interlocked.Increment(ref received);
                Volatile.Write(ref last, clock.ElapsedMilliseconds);
            });
        while (clock.Elapsed < duration && clock.ElapsedMilliseconds - Volatile.Read(ref last) < 2000) await Task.Delay(100);
        return received / (Volatile.Read(ref last) / 1000.0);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        // Erlang's port mapper was started on a port of its own and stays behind otherwise.
        using var epmd = Process.Start(new ProcessStartInfo("epmd", ["-port", _epmdPort, "-kill"]) { RedirectStandardOutput = true })!;
        await epmd.WaitForExitAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private static async Task<double> SendForAsync(SenderLink[] links, int underWay, TimeSpan duration)
    {
        var sent = 0L;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, underWay).Select(async lane =>
        {
            while (clock.Elapsed < duration)
            {
                await links[lane % links.Length].SendAsync(new Message { Header = new Header { Durable = true }, BodySection = new Data { Binary = Body } });
                Interlocked.Increment(ref sent);
            }
        }));
        return sent / clock.Elapsed.TotalSeconds;
    }

    private Task<Connection> ConnectAsync() =>
        new ConnectionFactory().CreateAsync(new Address("127.0.0.1", _port, "guest", "guest", "/", "amqp"), default(Amqp.Handler.IHandler));

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed class Closing(Connection connection) : IAsyncDisposable
    {
        public Connection Connection => connection;
        public async ValueTask DisposeAsync() => await connection.CloseAsync();
    }
}
