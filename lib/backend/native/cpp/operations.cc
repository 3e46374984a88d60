// What this folder computes as TensorFlow operations, by its C API alone, so that any compiler's code fits the library.
//
//   WinogradConv2D(x, filter, bias) -> y
//   WinogradConv2DBackpropInput(dy, filter) -> dx
//   WinogradConv2DBackpropFilter(x, dy) -> dfilter
//
// Shapes as in winograd.h; a bias without numbers is none. Attributes: padding, x's [top, left]; size, the result's
// [height, width].
//
//   WithinChannelLRN(x) -> y
//   WithinChannelLRNGrad(x, dy) -> dx
//
// Attributes as in lrn.h: side, its size; alpha; beta.

#include <initializer_list>

#include "lrn.h"
#include "tensorflow.h"
#include "winograd.h"

namespace {

class Status {
 public:
  ~Status() { TF_DeleteStatus(status_); }
  operator TF_Status*() { return status_; }
  bool ok() const { return TF_GetCode(status_) == TF_OK; }
  void refuse(const char* message) { TF_SetStatus(status_, TF_INVALID_ARGUMENT, message); }

 private:
  TF_Status* const status_ = TF_NewStatus();
};

// A float tensor that the kernel reads or writes.
class Floats {
 public:
  // The kernel's input of that number.
  Floats(TF_OpKernelContext* context, int index, Status& status) { TF_GetInput(context, index, &tensor_, status); }
  // The kernel's result.
  Floats(TF_OpKernelContext* context, const int64_t (&dims)[4], Status& status)
      : tensor_(TF_AllocateOutput(context, 0, TF_FLOAT, dims, 4, dims[0] * dims[1] * dims[2] * dims[3] * sizeof(float), status)) {}
  ~Floats() {
    if (tensor_) TF_DeleteTensor(tensor_);
  }
  Floats(const Floats&) = delete;
  float* data() const { return static_cast<float*>(TF_TensorData(tensor_)); }
  int64_t size() const { return TF_TensorElementCount(tensor_); }
  int rank() const { return TF_NumDims(tensor_); }
  bool hasShapeOf(const Floats& other) const {
    for (int i = 0; i < 4; ++i) {
      if (dim(i) != other.dim(i)) return false;
    }
    return rank() == other.rank();
  }
  bool isFilter(const clr::Shape& shape) const {
    return rank() == 4 && dim(0) == dim(1) && dim(2) == shape.inputs && dim(3) == shape.outputs;
  }
  int dim(int index) const { return index < rank() ? static_cast<int>(TF_Dim(tensor_, index)) : 0; }

 private:
  TF_Tensor* tensor_ = nullptr;
};

// A kernel's attributes: what the operation declares, and how they are read.
struct Convolution {
  static constexpr const char* kDeclared[] = {"padding: list(int)", "size: list(int)"};
  void read(TF_OpKernelConstruction* construction, Status& status) {
    TF_OpKernelConstruction_GetAttrInt32List(construction, "padding", padding, 2, status);
    if (status.ok()) TF_OpKernelConstruction_GetAttrInt32List(construction, "size", size, 2, status);
  }
  int32_t padding[2], size[2];
};

struct Normalization {
  static constexpr const char* kDeclared[] = {"side: int", "alpha: float", "beta: float"};
  void read(TF_OpKernelConstruction* construction, Status& status) {
    TF_OpKernelConstruction_GetAttrInt32(construction, "side", &side, status);
    if (status.ok()) TF_OpKernelConstruction_GetAttrFloat(construction, "alpha", &alpha, status);
    if (status.ok()) TF_OpKernelConstruction_GetAttrFloat(construction, "beta", &beta, status);
  }
  int32_t side;
  float alpha, beta;
};

template <typename Attributes>
void* create(TF_OpKernelConstruction* construction) {
  Status status;
  auto* const attributes = new Attributes{};
  attributes->read(construction, status);
  if (!status.ok()) TF_OpKernelConstruction_Failure(construction, status);
  return attributes;
}

template <typename Attributes>
void destroy(void* attributes) {
  delete static_cast<Attributes*>(attributes);
}

// Checks what a call brings, makes room for its result and computes it.
template <typename Compute>
void finish(TF_OpKernelContext* context, Status& status, bool fits, int taps, const clr::Shape& shape,
            const int64_t (&result)[4], const Compute& compute) {
  if (!fits || (taps != 3 && taps != 5) || shape.inputs % clr::kPanel || shape.outputs % clr::kPanel) {
    status.refuse("images [n][height][width][channels], 3x3 or 5x5 filters and channels in multiples of 16 are needed");
  }
  if (status.ok()) {
    const Floats to(context, result, status);
    if (status.ok() && to.size() > 0) {
      if (taps == 3) compute(clr::Winograd<3>(shape), to.data());
      else compute(clr::Winograd<5>(shape), to.data());
    }
  }
  if (!status.ok()) TF_OpKernelContext_Failure(context, status);
}

void convolve(void* kernel, TF_OpKernelContext* context) {
  const auto& [padding, size] = *static_cast<Convolution*>(kernel);
  Status status;
  const Floats x(context, 0, status), filter(context, 1, status), bias(context, 2, status);
  const clr::Shape shape = {x.dim(0), x.dim(1), x.dim(2), x.dim(3), size[0], size[1], filter.dim(3), padding[0], padding[1]};
  const bool fits = x.rank() == 4 && filter.isFilter(shape) && (bias.size() == 0 || bias.size() == shape.outputs);
  const int64_t result[4] = {shape.images, size[0], size[1], shape.outputs};
  finish(context, status, fits, filter.dim(0), shape, result, [&](const auto& winograd, float* y) {
    winograd.convolve(x.data(), filter.data(), bias.size() ? bias.data() : nullptr, y);
  });
}

void inputGradient(void* kernel, TF_OpKernelContext* context) {
  const auto& [padding, size] = *static_cast<Convolution*>(kernel);
  Status status;
  const Floats dy(context, 0, status), filter(context, 1, status);
  const clr::Shape shape = {dy.dim(0), size[0], size[1], filter.dim(2), dy.dim(1), dy.dim(2), dy.dim(3), padding[0], padding[1]};
  const bool fits = dy.rank() == 4 && filter.isFilter(shape);
  const int64_t result[4] = {shape.images, size[0], size[1], shape.inputs};
  finish(context, status, fits, filter.dim(0), shape, result, [&](const auto& winograd, float* dx) {
    winograd.inputGradient(dy.data(), filter.data(), dx);
  });
}

void filterGradient(void* kernel, TF_OpKernelContext* context) {
  const auto& [padding, size] = *static_cast<Convolution*>(kernel);
  Status status;
  const Floats x(context, 0, status), dy(context, 1, status);
  const clr::Shape shape = {x.dim(0),  x.dim(1),  x.dim(2),   x.dim(3),  dy.dim(1),
                            dy.dim(2), dy.dim(3), padding[0], padding[1]};
  const bool fits = x.rank() == 4 && dy.rank() == 4 && dy.dim(0) == shape.images && size[0] == size[1];
  const int64_t result[4] = {size[0], size[1], shape.inputs, shape.outputs};
  finish(context, status, fits, size[0], shape, result, [&](const auto& winograd, float* filter) {
    winograd.filterGradient(x.data(), dy.data(), filter);
  });
}

// Normalizes x, the only input, or finds the gradient if there is dy as well.
void normalize(TF_OpKernelContext* context, const Normalization& attributes, bool gradient) {
  Status status;
  const Floats x(context, 0, status), dy(context, gradient ? 1 : 0, status);
  if (x.rank() != 4 || !dy.hasShapeOf(x) || attributes.side % 2 != 1) {
    status.refuse("images [n][height][width][channels] and an odd side are needed");
  }
  if (status.ok()) {
    const Floats to(context, {x.dim(0), x.dim(1), x.dim(2), x.dim(3)}, status);
    if (status.ok() && to.size() > 0) {
      const clr::LocalResponseNormalization normalization(x.dim(0), x.dim(1), x.dim(2), x.dim(3), attributes.side,
                                                          attributes.alpha, attributes.beta);
      if (gradient) normalization.gradient(x.data(), dy.data(), to.data());
      else normalization.normalize(x.data(), to.data());
    }
  }
  if (!status.ok()) TF_OpKernelContext_Failure(context, status);
}

void normalization(void* kernel, TF_OpKernelContext* context) {
  normalize(context, *static_cast<Normalization*>(kernel), false);
}

void normalizationGradient(void* kernel, TF_OpKernelContext* context) {
  normalize(context, *static_cast<Normalization*>(kernel), true);
}

template <typename Attributes>
bool add(const char* name, std::initializer_list<const char*> inputs, void (*compute)(void*, TF_OpKernelContext*)) {
  Status status;
  TF_OpDefinitionBuilder* const definition = TF_NewOpDefinitionBuilder(name);
  for (const char* const input : inputs) TF_OpDefinitionBuilderAddInput(definition, input);
  TF_OpDefinitionBuilderAddOutput(definition, "result: T");
  TF_OpDefinitionBuilderAddAttr(definition, "T: {float}");
  for (const char* const attribute : Attributes::kDeclared) TF_OpDefinitionBuilderAddAttr(definition, attribute);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, [](TF_ShapeInferenceContext* inference, TF_Status* result) {
    TF_ShapeInferenceContextSetUnknownShape(inference, result);
  });
  TF_RegisterOpDefinition(definition, status);
  if (!status.ok()) return false;
  TF_RegisterKernelBuilder(name, TF_NewKernelBuilder(name, "CPU", create<Attributes>, compute, destroy<Attributes>), status);
  return status.ok();
}

}  // namespace

// Adds the operations to the process's TensorFlow, once; false if it would not have them.
extern "C" bool addOperations() {
  static const bool added = add<Convolution>("WinogradConv2D", {"x: T", "filter: T", "bias: T"}, convolve) &&
                            add<Convolution>("WinogradConv2DBackpropInput", {"dy: T", "filter: T"}, inputGradient) &&
                            add<Convolution>("WinogradConv2DBackpropFilter", {"x: T", "dy: T"}, filterGradient) &&
                            add<Normalization>("WithinChannelLRN", {"x: T"}, normalization) &&
                            add<Normalization>("WithinChannelLRNGrad", {"x: T", "dy: T"}, normalizationGradient);
  return added;
}
