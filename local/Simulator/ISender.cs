namespace IoTBackend.Simulator;

/// <summary>A device's way to the backend.</summary>
internal interface ISender : IAsyncDisposable
{
    /// <summary>Sends one reading; ends when the backend has taken it.</summary>
    /// <returns>The version of the desired state the backend told of; null where the way has no answer.</returns>
    /// <exception cref="HttpRequestException">Not taken.</exception>
    Task<long?> SendAsync(byte[] reading, CancellationToken cancellationToken);
}
