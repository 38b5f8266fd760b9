namespace IoTBackend.Functions.SignIn;

/// <summary>Settings <c>SignIn__*</c>: persons sign in to the console with Entra ID. Both are set where App Service Authentication is provisioned, and nowhere else.</summary>
internal sealed class SignInOptions
{
    public const string Section = "SignIn";

    /// <summary>The app role, of the app registration, that makes a person an operator.</summary>
    public const string OperatorRole = "Operator";

    /// <summary>The directory that operators belong to; of no other is anybody let in.</summary>
    public string? TenantId { get; set; }

    /// <summary>The host key that the console calls with for whoever is signed in. It opens nothing without an operator's session beside it.</summary>
    public string? ConsoleKey { get; set; }
}
