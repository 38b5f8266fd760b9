using System.ComponentModel.DataAnnotations;

namespace IoTBackend.Core.Ingest;

/// <summary>Settings <c>Ingest__*</c>: what one device may send over HTTP, so that it cannot take the others' room.</summary>
public sealed record IngestOptions
{
    public const string Section = "Ingest";

    /// <summary>Readings per second in the long run, per device. 0 = no limit.</summary>
    [Range(0, 1_000_000.0)]
    public double ReadingsPerSecond { get; init; } = 100;

    /// <summary>Readings at once, per device: a week of readings a minute apart fits into the default.</summary>
    [Range(1, 10_000_000)]
    public int Burst { get; init; } = 20_000;
}
