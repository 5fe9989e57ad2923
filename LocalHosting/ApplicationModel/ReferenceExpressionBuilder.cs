using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Builds a <see cref="ReferenceExpression"/> piece by piece.</summary>
public class ReferenceExpressionBuilder
{
    private readonly ExpressionText _text = new();

    public bool IsEmpty => _text.IsEmpty;

    /// <summary>Appends <c>$"..."</c>: the compiler has the handler write into this builder before the call.</summary>
    public void Append([InterpolatedStringHandlerArgument("")] in ReferenceExpressionBuilderInterpolatedStringHandler handler) => handler.BelongTo(this);

    public void AppendLiteral(string value) => _text.Raw(value);

    public void AppendFormatted(string? value) => _text.Raw(value);

    public void AppendFormatted(string? value, string? format = null) =>
        _text.Raw(value is null || format is null ? value : ExpressionText.Apply(value, format));

    public void AppendFormatted<T>(T valueProvider)
        where T : IValueProvider, IManifestExpressionProvider => _text.Value(valueProvider, format: null);

    public void AppendFormatted<T>(T valueProvider, string? format)
        where T : IValueProvider, IManifestExpressionProvider => _text.Value(valueProvider, format);

    public ReferenceExpression Build() => _text.ToExpression();

    /// <summary>What the compiler calls for <c>$"..."</c>.</summary>
    [InterpolatedStringHandler]
    [EditorBrowsable(EditorBrowsableState.Never)]
    public ref struct ReferenceExpressionBuilderInterpolatedStringHandler
    {
        private readonly ReferenceExpressionBuilder _builder;

        public ReferenceExpressionBuilderInterpolatedStringHandler(int literalLength, int formattedCount, ReferenceExpressionBuilder builder) =>
            _builder = builder;

        internal readonly void BelongTo(ReferenceExpressionBuilder builder) => System.Diagnostics.Debug.Assert(builder == _builder, "A handler writes into the builder it was made for.");

        public readonly void AppendLiteral(string value) => _builder.AppendLiteral(value);

        public readonly void AppendFormatted(string? value) => _builder.AppendFormatted(value);

        public readonly void AppendFormatted(string? value, string format) => _builder.AppendFormatted(value, format);

        public readonly void AppendFormatted<T>(T valueProvider)
            where T : IValueProvider, IManifestExpressionProvider => _builder.AppendFormatted(valueProvider, format: null);

        public readonly void AppendFormatted<T>(T valueProvider, string? format)
            where T : IValueProvider, IManifestExpressionProvider => _builder.AppendFormatted(valueProvider, format);

        public readonly void AppendFormatted<T>(IResourceBuilder<T> valueProvider)
            where T : IResource, IValueProvider, IManifestExpressionProvider => _builder.AppendFormatted(valueProvider.Resource, format: null);

        public readonly void AppendFormatted<T>(IResourceBuilder<T> valueProvider, string? format)
            where T : IResource, IValueProvider, IManifestExpressionProvider => _builder.AppendFormatted(valueProvider.Resource, format);
    }
}
