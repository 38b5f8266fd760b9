using System.Text.Json;

namespace IoTBackend.Cost;

/// <summary>What the running backend used for every 1,000 readings, as <c>scripts/bench cost</c> writes it. What it did not measure is null.</summary>
internal sealed record Measurement
{
    /// <summary>Requests to the table service; a transaction counts once.</summary>
    public decimal? TableTransactionsPer1000 { get; init; }

    public decimal? QueueOperationsPer1000 { get; init; }

    public decimal? BlobOperationsPer1000 { get; init; }

    /// <summary>Invocations from the hub on: processor and queues. HTTP requests are counted from the fleet.</summary>
    public decimal? ExecutionsPer1000 { get; init; }

    /// <summary>Bytes of one event in the hub.</summary>
    public decimal? IngressBytesPerReading { get; init; }

    /// <summary>Instance memory times the time it was busy.</summary>
    public decimal? GbSecondsPer1000 { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset? MeasuredAt { get; init; }

    public static Measurement Parse(string json) =>
        JsonSerializer.Deserialize<Measurement>(json, JsonSerializerOptions.Web) ?? throw new JsonException("The measurement is null.");
}
