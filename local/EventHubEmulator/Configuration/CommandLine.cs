using System.Globalization;

namespace IoTBackend.EventHubEmulator.Configuration;

/// <summary>The arguments cannot be used; the message says why.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>What the command line says.</summary>
internal sealed record CommandLine
{
    public const string Help = """
        A local stand-in for Azure Event Hubs: AMQP 1.0, durable partition logs.

          --port N             port for AMQP, default 5672; 0 takes a free one
          --config FILE        hubs, partitions, consumer groups and rules, in the form of Microsoft's emulator;
                               default: one hub 'telemetry' with 4 partitions
          --data DIR           where the partitions are kept, default .local/eventhubs
          --health-port N      HTTP: GET /health, and /{hub}/revokedpublishers; default 5300; 0 takes a free one, 'off' none
          --tls-port N         port for AMQP over TLS, off by default; the certificate is made at the first start,
                               clients are to trust DIR/development.crt
          --https-port N       as --health-port over TLS, off by default; AMQP over WebSocket is served on both
          --retention-hours N  events older than this go, in whole segments, default 168
          --retention-mb N     most megabytes kept per partition, in whole segments, default 4096
          --segment-mb N       size of a segment, default 32
          --repair             keep what can be read of damaged partitions and go on with higher numbers; what is lost is told
          --accept-unverified-jwt
                               take Entra ID tokens without verifying them (there is no Entra ID here)
          --help               this text

        Connection string:
          Endpoint=sb://localhost:PORT;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;
        """;

    public int Port { get; private init; } = 5672;

    /// <summary>Null: no HTTP.</summary>
    public int? HealthPort { get; private init; } = 5300;
    public int? TlsPort { get; private init; }
    public int? HttpsPort { get; private init; }
    public string? ConfigPath { get; private init; }
    public string DataDirectory { get; private init; } = Path.Combine(".local", "eventhubs");
    public int RetentionHours { get; private init; } = 168;
    public int RetentionMegabytes { get; private init; } = 4096;
    public int SegmentMegabytes { get; private init; } = 32;
    public bool Repair { get; private init; }
    public bool AcceptUnverifiedJwt { get; private init; }
    public bool WantsHelp { get; private init; }

    /// <exception cref="UsageException">An argument is unknown or its value is out of range.</exception>
    public static CommandLine Parse(IReadOnlyList<string> arguments)
    {
        var line = new CommandLine();
        for (var i = 0; i < arguments.Count; i++)
        {
            var name = arguments[i];
            string Value() => ++i < arguments.Count ? arguments[i] : throw new UsageException($"{name} needs a value");
            line = name switch
            {
                "--port" => line with { Port = Number(name, Value(), 0, 65535) },
                "--health-port" => Value() is var value && value == "off"
                    ? line with { HealthPort = null }
                    : line with { HealthPort = Number(name, value, 0, 65535) },
                "--tls-port" => line with { TlsPort = Number(name, Value(), 0, 65535) },
                "--https-port" => line with { HttpsPort = Number(name, Value(), 0, 65535) },
                "--config" => line with { ConfigPath = Value() },
                "--data" => line with { DataDirectory = Value() },
                "--retention-hours" => line with { RetentionHours = Number(name, Value(), 1, 24 * 365) },
                "--retention-mb" => line with { RetentionMegabytes = Number(name, Value(), 1, int.MaxValue) },
                "--segment-mb" => line with { SegmentMegabytes = Number(name, Value(), 1, 1024) },
                "--repair" => line with { Repair = true },
                "--accept-unverified-jwt" => line with { AcceptUnverifiedJwt = true },
                "--help" or "-h" => line with { WantsHelp = true },
                _ => throw new UsageException($"{name} is unknown; --help lists what there is"),
            };
        }
        return line;
    }

    private static int Number(string name, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new UsageException($"{name} has to be a number from {least} to {most}, not '{text}'");
}
