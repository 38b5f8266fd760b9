using System.Collections.Concurrent;
using System.Globalization;
using IoTBackend.EventHubEmulator.Authorization;
using IoTBackend.EventHubEmulator.Configuration;
using IoTBackend.EventHubEmulator.Storage;

namespace IoTBackend.EventHubEmulator.Hubs;

/// <summary>All hubs, their rules and their storage.</summary>
internal sealed class HubNamespace : IDisposable
{
    /// <summary>What deliveries that are begun and not finished may hold on all connections together.</summary>
    private const long MaximumUnfinishedBytes = 256L * 1024 * 1024;
    private long _unfinishedBytes;
    private readonly Dictionary<string, Hub> _hubs = new(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="InvalidDataException">The data directory does not fit the configuration, or is damaged.</exception>
    public HubNamespace(NamespaceConfig config, string dataDirectory, LogOptions options, bool acceptUnverifiedJwt, TimeProvider time, Action<string> report)
    {
        Time = time;
        Rules = config.Rules;
        Tokens = new(new SasVerifier(Rules, time), acceptUnverifiedJwt, time);
        try
        {
            foreach (var entity in config.Hubs)
                _hubs.Add(entity.Name, Open(entity, Path.Combine(dataDirectory, entity.Name.ToLowerInvariant()), options, report));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public TimeProvider Time { get; }
    public CommitPool Commits { get; } = new();
    public IReadOnlyCollection<AuthorizationRule> Rules { get; }
    public TokenVerifier Tokens { get; }
    public string ContainerId { get; } = "event-hub-emulator";
    public IReadOnlyCollection<Hub> Hubs => _hubs.Values;

    public Hub? Find(string name) => _hubs.GetValueOrDefault(name);

    public bool TryHold(int bytes)
    {
        if (Interlocked.Add(ref _unfinishedBytes, bytes) <= MaximumUnfinishedBytes) return true;
        Interlocked.Add(ref _unfinishedBytes, -bytes);
        return false;
    }

    public void Unhold(int bytes) => Interlocked.Add(ref _unfinishedBytes, -bytes);

    public void Retain()
    {
        foreach (var partition in _hubs.Values.SelectMany(hub => hub.Partitions)) partition.Retain();
    }

    /// <summary>Commits what is pending, then closes the files.</summary>
    public void Dispose()
    {
        Commits.Dispose();
        foreach (var hub in _hubs.Values) hub.Dispose();
    }

    private Hub Open(HubConfig entity, string directory, LogOptions options, Action<string> report)
    {
        Directory.CreateDirectory(directory);
        var stored = Directory.GetDirectories(directory).Length;
        if (stored > entity.PartitionCount)
            throw new InvalidDataException($"{directory} has {stored} partitions, the configuration of '{entity.Name}' says {entity.PartitionCount}: partitions can be added, not removed.");
        var partitions = OpenPartitions(directory, entity.PartitionCount, options, report);
        var createdAt = new DateTimeOffset(Directory.GetCreationTimeUtc(directory));
        return new(entity.Name, partitions, entity.ConsumerGroups, createdAt, new(Path.Combine(directory, "revoked-publishers.json")));
    }

    /// <exception cref="InvalidDataException">Whatever is wrong with any of them, a line each.</exception>
    private PartitionLog[] OpenPartitions(string directory, int count, LogOptions options, Action<string> report)
    {
        var opened = new PartitionLog?[count];
        var problems = new ConcurrentBag<string>();
        Parallel.For(0, count, index =>
        {
            try
            {
                opened[index] = new(Path.Combine(directory, index.ToString(CultureInfo.InvariantCulture)), Commits, options, Time, report);
            }
            catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                problems.Add(error.Message);
            }
        });
        if (problems.IsEmpty) return [.. opened.OfType<PartitionLog>()];
        foreach (var partition in opened) partition?.Dispose();
        throw new InvalidDataException(string.Join('\n', problems.Order()));
    }
}
