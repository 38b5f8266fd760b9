using IoTBackend.EventHubEmulator.Amqp;

namespace IoTBackend.EventHubEmulator.Storage;

/// <summary>Told once, on a commit thread, how an append ended.</summary>
internal interface IAppendObserver
{
    void Committed();
    void Failed(AmqpError error);

    /// <summary>After a group of calls above: time to tell the sender.</summary>
    void Flush();
}
