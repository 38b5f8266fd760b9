namespace IoTBackend.Core.State;

/// <summary>Names of the images that a device's state keeps as hashes.</summary>
public interface IImageNames
{
    /// <summary>Track and digest, the index' or a platform's, by the hashes under which they are kept.</summary>
    ValueTask<IReadOnlyDictionary<(uint Track, ulong Digest), (string Track, string Digest)>> ReadAsync(CancellationToken cancellationToken);
}
