using IoTBackend.Adapters.State;
using IoTBackend.Core.Ingest;
using Microsoft.Extensions.Logging.Abstractions;

namespace IoTBackend.Benchmarks.Processing;

/// <summary>Dead letters of a measurement: there are to be none.</summary>
internal sealed class NoLetters : IDeadLetters
{
    public static DamagedStates Damaged { get; } = new(new NoLetters(), NullLogger<DamagedStates>.Instance);

    public Task AddAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken) =>
        throw new InvalidOperationException($"Nothing was to be refused: {letters[0].Reason}");
}
