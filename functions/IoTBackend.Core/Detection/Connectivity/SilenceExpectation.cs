namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>What is known before a silence that makes a real one more likely.</summary>
internal enum SilenceExpectation
{
    None,

    /// <summary>The device was offline a short while ago.</summary>
    Another,

    /// <summary>Its battery is exhausted.</summary>
    Last,
}
