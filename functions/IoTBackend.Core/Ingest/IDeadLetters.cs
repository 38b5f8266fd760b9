using IoTBackend.Core.Readings;

namespace IoTBackend.Core.Ingest;

/// <summary>An event that could not be taken in, or not all of it.</summary>
/// <param name="Partition">The hub's partition.</param>
/// <param name="Event">The whole event, with its bytes.</param>
/// <param name="Reason">In words its sender can act on.</param>
/// <param name="OthersStored">Other readings of the event were taken in.</param>
public readonly record struct DeadLetter(int Partition, HubEvent Event, string Reason, bool OthersStored = false);

/// <summary>Keeps what was refused, with reasons and bytes, one letter an event. The same letter twice is one letter.</summary>
public interface IDeadLetters
{
    Task AddAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken);
}
